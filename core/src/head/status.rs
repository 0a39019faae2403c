use core::fmt;

/// A status code (RFC 9110 15), 100 to 999.
///
/// ```
/// use pronto::head::Status;
///
/// assert_eq!(Status::NOT_FOUND.code(), 404);
/// assert_eq!(Status::NOT_FOUND.reason(), "Not Found");
/// assert_eq!(Status::new(1000), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(u16);

impl Status {
    /// The status of this code, or `None` outside 100 to 999.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        if code >= 100 && code <= 999 {
            Some(Self(code))
        } else {
            None
        }
    }

    /// The code as a number.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// Whether it announces a final response instead of being one: 100 to 199 (RFC 9110 15.2).
    #[must_use]
    pub const fn is_informational(self) -> bool {
        self.0 < 200
    }

    /// The phrase that IANA registers for this code, or `""` where none is registered.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        let Some(line) = self.line() else {
            return "";
        };
        // The phrase stands behind the version and the code, and before the line end.
        let Some((line, _)) = line.split_at_checked(line.len().saturating_sub(2)) else {
            return "";
        };
        match line.split_at_checked("HTTP/1.1 200 ".len()) {
            Some((_, reason)) => reason,
            None => "",
        }
    }
}

impl fmt::Display for Status {
    /// The code, and the phrase where one is registered.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            "" => write!(f, "{}", self.0),
            reason => write!(f, "{} {reason}", self.0),
        }
    }
}

macro_rules! registered {
    ($($code:literal $name:ident $reason:literal,)*) => {
        /// The codes that IANA registers.
        impl Status {
            $(
                #[doc = concat!($code, " ", $reason)]
                pub const $name: Self = Self($code);
            )*

            /// The whole status line with its line end, or `None` where no phrase is registered.
            pub(crate) const fn line(self) -> Option<&'static str> {
                Some(match self.0 {
                    $($code => concat!("HTTP/1.1 ", $code, " ", $reason, "\r\n"),)*
                    _ => return None,
                })
            }
        }
    };
}

// https://www.iana.org/assignments/http-status-codes, without its temporary and its unused entries (306, 418).
registered! {
    100 CONTINUE "Continue",
    101 SWITCHING_PROTOCOLS "Switching Protocols",
    102 PROCESSING "Processing",
    103 EARLY_HINTS "Early Hints",
    200 OK "OK",
    201 CREATED "Created",
    202 ACCEPTED "Accepted",
    203 NON_AUTHORITATIVE_INFORMATION "Non-Authoritative Information",
    204 NO_CONTENT "No Content",
    205 RESET_CONTENT "Reset Content",
    206 PARTIAL_CONTENT "Partial Content",
    207 MULTI_STATUS "Multi-Status",
    208 ALREADY_REPORTED "Already Reported",
    226 IM_USED "IM Used",
    300 MULTIPLE_CHOICES "Multiple Choices",
    301 MOVED_PERMANENTLY "Moved Permanently",
    302 FOUND "Found",
    303 SEE_OTHER "See Other",
    304 NOT_MODIFIED "Not Modified",
    305 USE_PROXY "Use Proxy",
    307 TEMPORARY_REDIRECT "Temporary Redirect",
    308 PERMANENT_REDIRECT "Permanent Redirect",
    400 BAD_REQUEST "Bad Request",
    401 UNAUTHORIZED "Unauthorized",
    402 PAYMENT_REQUIRED "Payment Required",
    403 FORBIDDEN "Forbidden",
    404 NOT_FOUND "Not Found",
    405 METHOD_NOT_ALLOWED "Method Not Allowed",
    406 NOT_ACCEPTABLE "Not Acceptable",
    407 PROXY_AUTHENTICATION_REQUIRED "Proxy Authentication Required",
    408 REQUEST_TIMEOUT "Request Timeout",
    409 CONFLICT "Conflict",
    410 GONE "Gone",
    411 LENGTH_REQUIRED "Length Required",
    412 PRECONDITION_FAILED "Precondition Failed",
    413 CONTENT_TOO_LARGE "Content Too Large",
    414 URI_TOO_LONG "URI Too Long",
    415 UNSUPPORTED_MEDIA_TYPE "Unsupported Media Type",
    416 RANGE_NOT_SATISFIABLE "Range Not Satisfiable",
    417 EXPECTATION_FAILED "Expectation Failed",
    421 MISDIRECTED_REQUEST "Misdirected Request",
    422 UNPROCESSABLE_CONTENT "Unprocessable Content",
    423 LOCKED "Locked",
    424 FAILED_DEPENDENCY "Failed Dependency",
    425 TOO_EARLY "Too Early",
    426 UPGRADE_REQUIRED "Upgrade Required",
    428 PRECONDITION_REQUIRED "Precondition Required",
    429 TOO_MANY_REQUESTS "Too Many Requests",
    431 REQUEST_HEADER_FIELDS_TOO_LARGE "Request Header Fields Too Large",
    451 UNAVAILABLE_FOR_LEGAL_REASONS "Unavailable For Legal Reasons",
    500 INTERNAL_SERVER_ERROR "Internal Server Error",
    501 NOT_IMPLEMENTED "Not Implemented",
    502 BAD_GATEWAY "Bad Gateway",
    503 SERVICE_UNAVAILABLE "Service Unavailable",
    504 GATEWAY_TIMEOUT "Gateway Timeout",
    505 HTTP_VERSION_NOT_SUPPORTED "HTTP Version Not Supported",
    506 VARIANT_ALSO_NEGOTIATES "Variant Also Negotiates",
    507 INSUFFICIENT_STORAGE "Insufficient Storage",
    508 LOOP_DETECTED "Loop Detected",
    510 NOT_EXTENDED "Not Extended",
    511 NETWORK_AUTHENTICATION_REQUIRED "Network Authentication Required",
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn only_three_digits_make_a_status() {
        for (code, valid) in [
            (0, false),
            (99, false),
            (100, true),
            (299, true),
            (999, true),
            (1000, false),
            (u16::MAX, false),
        ] {
            assert_eq!(Status::new(code).is_some(), valid, "{code}");
        }
    }

    #[test]
    fn a_line_is_version_code_and_reason() {
        for code in 100..=999 {
            let status = Status::new(code).unwrap();
            if let Some(line) = status.line() {
                assert!(!status.reason().is_empty(), "{code}");
                assert_eq!(
                    line,
                    std::format!("HTTP/1.1 {code} {}\r\n", status.reason())
                );
            } else {
                assert_eq!(status.reason(), "");
            }
        }
    }

    #[test]
    fn reads_as_code_and_phrase() {
        assert_eq!(Status::OK.to_string(), "200 OK");
        assert_eq!(Status::new(299).unwrap().to_string(), "299");
    }
}
