use core::fmt;

use super::{
    Parameters, Request,
    list::{split_outside_quotes, token, trim},
};

/// A media type (RFC 9110 8.3.1), as it stands in Content-Type.
///
/// ```
/// use pronto::head::MediaType;
///
/// let media_type = MediaType::parse(b"Text/HTML; charset=\"UTF-8\"").unwrap();
/// assert!(media_type.is("text/html"));
/// assert!(media_type.charset().unwrap().is_ignoring_case("utf-8"));
/// assert_eq!(MediaType::parse(b"text"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MediaType<'a> {
    kind: &'a str,
    subtype: &'a str,
    parameters: &'a [u8],
}

impl<'a> MediaType<'a> {
    /// The media type that a field value is; `None` where it is none.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (essence, parameters) = split_outside_quotes(value, b';');
        let essence = trim(essence);
        let slash = memchr::memchr(b'/', essence)?;
        let (kind, subtype) = (token(&essence[..slash])?, token(&essence[slash + 1..])?);
        Some(Self { kind, subtype, parameters })
    }

    /// The type: `text` of `text/html`.
    pub const fn kind(&self) -> &'a str {
        self.kind
    }

    /// The subtype: `html` of `text/html`.
    pub const fn subtype(&self) -> &'a str {
        self.subtype
    }

    /// Whether it is this type and subtype, in any case, whatever its parameters.
    pub fn is(&self, essence: &str) -> bool {
        let slash = essence.bytes().position(|octet| octet == b'/');
        slash.and_then(|slash| essence.split_at_checked(slash)).is_some_and(|(kind, rest)| {
            let subtype = rest.strip_prefix('/').unwrap_or_default();
            self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
        })
    }

    /// The parameters.
    pub const fn parameters(&self) -> Parameters<'a> {
        Parameters::new(self.parameters)
    }

    /// The parameter `charset`.
    pub fn charset(&self) -> Option<super::ParameterValue<'a>> {
        self.parameters().value("charset")
    }
}

impl<'a> Request<'a> {
    /// The media type of the content: `None` where it is not said, said twice, or none.
    pub fn media_type(&self) -> Option<MediaType<'a>> {
        let mut values = self.fields_named("content-type");
        match (values.next(), values.next()) {
            (Some(value), None) => MediaType::parse(value),
            _ => None,
        }
    }
}

impl fmt::Display for MediaType<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind, self.subtype)
    }
}

impl fmt::Debug for MediaType<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")?;
        self.parameters().try_for_each(|(name, value)| write!(formatter, "; {name}={value:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_media_type_is_none() {
        for value in
            ["", "/", "text/", "/html", "text", "te xt/html", "text/ht,ml", "text /html", "text/html/x", "\"a/b\""]
        {
            assert_eq!(MediaType::parse(value.as_bytes()), None, "{value}");
        }
        for value in ["a/b", " a/b ", "a/b;", "a/b; c", "a/b; c=\"d", "application/vnd.x+json;v=1"] {
            assert!(MediaType::parse(value.as_bytes()).is_some(), "{value}");
        }
        assert!(MediaType::parse(b"a/b; charset").unwrap().charset().is_none());
    }
}
