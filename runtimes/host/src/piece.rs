use std::borrow::Cow;

/// A piece of content that is streamed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Piece {
    /// Octets of the content.
    Octets(Cow<'static, [u8]>),
    /// A field of the trailer section, which follows the content. A client of HTTP/1.0 is not told of it.
    Trailer(Cow<'static, str>, Vec<u8>),
}

impl Piece {
    /// A field of the trailer section. One that must not stand there (RFC 9110 6.5.1) cuts the connection.
    pub fn trailer(name: impl Into<Cow<'static, str>>, value: impl Into<Vec<u8>>) -> Self {
        Self::Trailer(name.into(), value.into())
    }
}

impl From<Vec<u8>> for Piece {
    fn from(octets: Vec<u8>) -> Self {
        Self::Octets(octets.into())
    }
}

impl From<&'static [u8]> for Piece {
    fn from(octets: &'static [u8]) -> Self {
        Self::Octets(octets.into())
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<&'static str> for Piece {
    fn from(text: &'static str) -> Self {
        text.as_bytes().into()
    }
}
