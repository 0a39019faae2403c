use std::borrow::Cow;

use pronto::head::{self, MediaType, ParameterValue};

use crate::{BadContent, OwnedRequest, Request, kind::media_type};

impl<'a> Request<'a> {
    /// The content as text, by its charset: UTF-8 where none is said, `us-ascii` and `iso-8859-1`, and with the feature
    /// `charset` every one that browsers know. No content is an empty text.
    ///
    /// # Errors
    /// [`BadContent`]: the charset is not known, or the content is no text in it.
    pub fn text(&self) -> Result<Cow<'a, str>, BadContent> {
        Charset::of_request(self)?.decode(self.whole_content()?.into())
    }
}

impl OwnedRequest {
    /// All of the content as text; see [`Request::text`]. How much that may be is the route's limit of content.
    ///
    /// # Errors
    /// [`BadContent`].
    pub async fn text(&mut self) -> Result<String, BadContent> {
        let charset = Charset::of_request(&self.view())?;
        let octets = self.own_content()?.collect().await?;
        Ok(charset.decode(octets.into())?.into_owned())
    }
}

/// How octets are text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Charset {
    Utf8,
    Ascii,
    Latin1,
    #[cfg(feature = "charset")]
    Other(&'static encoding_rs::Encoding),
}

impl Charset {
    fn of_request(request: &head::Request<'_>) -> Result<Self, BadContent> {
        media_type(request)?.map_or(Ok(Self::Utf8), |media_type| Self::of(&media_type))
    }

    /// The charset that a media type names, or UTF-8.
    pub(crate) fn of(media_type: &MediaType<'_>) -> Result<Self, BadContent> {
        let Some(label) = media_type.charset() else { return Ok(Self::Utf8) };
        let is_one_of = |names: &[&str]| names.iter().any(|name| label.is_ignoring_case(name));
        if is_one_of(&["utf-8", "utf8"]) {
            Ok(Self::Utf8)
        } else if is_one_of(&["us-ascii", "ascii"]) {
            Ok(Self::Ascii)
        } else if is_one_of(&["iso-8859-1", "latin1"]) {
            Ok(Self::Latin1)
        } else {
            Self::other(label)
        }
    }

    #[cfg(feature = "charset")]
    fn other(label: ParameterValue<'_>) -> Result<Self, BadContent> {
        label.plain().and_then(encoding_rs::Encoding::for_label).map(Self::Other).ok_or(BadContent::Charset)
    }

    #[cfg(not(feature = "charset"))]
    fn other(_: ParameterValue<'_>) -> Result<Self, BadContent> {
        Err(BadContent::Charset)
    }

    /// The text that octets are. What is UTF-8 already is not copied.
    pub(crate) fn decode(self, octets: Cow<'_, [u8]>) -> Result<Cow<'_, str>, BadContent> {
        match self {
            Self::Ascii if !octets.is_ascii() => Err(BadContent::Text),
            Self::Latin1 if !octets.is_ascii() => Ok(octets.iter().copied().map(char::from).collect()),
            Self::Utf8 | Self::Ascii | Self::Latin1 => utf8(octets),
            #[cfg(feature = "charset")]
            Self::Other(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(&octets)
                .map(|text| Cow::Owned(text.into_owned()))
                .ok_or(BadContent::Text),
        }
    }
}

/// The text that octets are in UTF-8, where they lie.
pub(crate) fn utf8(octets: Cow<'_, [u8]>) -> Result<Cow<'_, str>, BadContent> {
    match octets {
        Cow::Borrowed(octets) => str::from_utf8(octets).map(Cow::Borrowed).map_err(|_| BadContent::Text),
        Cow::Owned(octets) => String::from_utf8(octets).map(Cow::Owned).map_err(|_| BadContent::Text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode<'a>(media_type: &str, octets: &'a [u8]) -> Result<Cow<'a, str>, BadContent> {
        Charset::of(&MediaType::parse(media_type.as_bytes()).unwrap())?.decode(octets.into())
    }

    #[test]
    fn usual_charsets_are_known_and_checked() {
        let cases: &[(&str, &[u8], Result<&str, BadContent>)] = &[
            ("a/b", "a\u{e9}".as_bytes(), Ok("a\u{e9}")),
            ("a/b; charset=UTF-8", b"", Ok("")),
            ("a/b; charset=\"utf8\"", b"\xc3", Err(BadContent::Text)),
            ("a/b", b"\xed\xa0\x80", Err(BadContent::Text)),
            ("a/b; charset=US-ASCII", b"a~\0", Ok("a~\0")),
            ("a/b; charset=us-ascii", b"a\x80", Err(BadContent::Text)),
            ("a/b; charset=ISO-8859-1", b"\xe9\x80", Ok("\u{e9}\u{80}")),
            ("a/b; charset=latin1", b"a", Ok("a")),
            ("a/b; charset=unheard-of", b"a", Err(BadContent::Charset)),
            ("a/b; charset=\"\"", b"a", Err(BadContent::Charset)),
        ];
        for (media_type, octets, expected) in cases {
            assert_eq!(decode(media_type, octets).as_deref(), expected.as_ref().copied(), "{media_type}");
        }
        assert!(matches!(decode("a/b; charset=iso-8859-1", b"ascii"), Ok(Cow::Borrowed(_))), "it is not copied");
    }

    #[cfg(feature = "charset")]
    #[test]
    fn the_charsets_of_browsers_are_known() {
        assert_eq!(decode("a/b; charset=Shift_JIS", b"\x83e\x83X").unwrap(), "\u{30c6}\u{30b9}");
        assert_eq!(decode("a/b; charset=windows-1252", b"\x80").unwrap(), "\u{20ac}");
        assert_eq!(decode("a/b; charset=utf-16le", b"a\0").unwrap(), "a");
        assert_eq!(decode("a/b; charset=shift_jis", b"\x83"), Err(BadContent::Text));
    }

    #[cfg(not(feature = "charset"))]
    #[test]
    fn without_the_feature_others_are_not_known() {
        assert_eq!(decode("a/b; charset=windows-1252", b"a"), Err(BadContent::Charset));
    }
}
