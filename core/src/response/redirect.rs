use crate::head::Status;

use super::ResponseError;

/// How a client is sent elsewhere (RFC 9110 15.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Redirect {
    /// 301: for good. Clients may go on by GET.
    MovedPermanently,
    /// 302: for now. Clients may go on by GET.
    Found,
    /// 303: what was done can be seen there, by GET. What a form is answered with.
    SeeOther,
    /// 307: for now, and by the same method with the same content.
    TemporaryRedirect,
    /// 308: for good, and by the same method with the same content.
    PermanentRedirect,
}

impl Redirect {
    /// The status that says so.
    pub const fn status(self) -> Status {
        match self {
            Self::MovedPermanently => Status::MOVED_PERMANENTLY,
            Self::Found => Status::FOUND,
            Self::SeeOther => Status::SEE_OTHER,
            Self::TemporaryRedirect => Status::TEMPORARY_REDIRECT,
            Self::PermanentRedirect => Status::PERMANENT_REDIRECT,
        }
    }
}

/// Checks a reference for the field Location: the octets that RFC 3986 knows, and nothing that could end the value or be
/// read in two ways. What is not ASCII must be percent-encoded.
pub(super) fn check_location(location: &str) -> Result<(), ResponseError> {
    let right = location.bytes().all(|octet| matches!(octet, b'!'..=b'~') && !b"\"<>\\^`{|}".contains(&octet));
    if right && !location.is_empty() { Ok(()) } else { Err(ResponseError::Location) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_references_and_nothing_else() {
        for location in ["/", "/a?b=c#d", "//host/path", "https://[::1]:8/%C3%A9", "..", "?q", "#f"] {
            assert_eq!(check_location(location), Ok(()), "{location}");
        }
        for location in ["", "/a b", "/a\r\nX: y", "/\t", "/é", "/\\host", "/\0", "/<b>", "/\x7f", "/`"] {
            assert_eq!(check_location(location), Err(ResponseError::Location), "{location:?}");
        }
    }
}
