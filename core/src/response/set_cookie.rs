use core::fmt;

use super::{ResponseError, format_date};

/// A cookie that a response sets (RFC 6265 4.1), as the value of a Set-Cookie field.
///
/// Nothing is encoded: what may not stand in a cookie is an error when the response is written, or before by
/// [`check`](Self::check).
///
/// ```
/// use pronto::response::{SameSite, SetCookie};
///
/// let cookie = SetCookie::new("session", "31d4d96e407aad42").path("/").max_age(3_600).http_only().same_site(SameSite::Lax);
/// assert_eq!(cookie.check(), Ok(()));
/// assert_eq!(cookie.to_string(), "session=31d4d96e407aad42; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax");
/// assert!(SetCookie::new("name", "a value; of=mine").check().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a cookie is set by a response"]
pub struct SetCookie<'a> {
    name: &'a str,
    value: &'a str,
    domain: Option<&'a str>,
    path: Option<&'a str>,
    max_age: Option<u64>,
    expires: Option<u64>,
    same_site: Option<SameSite>,
    secure: bool,
    http_only: bool,
}

/// Which requests from other sites a cookie is sent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SameSite {
    /// None.
    Strict,
    /// Those that lead to this site and change nothing.
    Lax,
    /// All. Browsers take such cookies only when they are secure, too, so they are.
    None,
}

impl<'a> SetCookie<'a> {
    /// A cookie that lasts as long as the session of the client.
    pub const fn new(name: &'a str, value: &'a str) -> Self {
        Self {
            name,
            value,
            domain: None,
            path: None,
            max_age: None,
            expires: None,
            same_site: None,
            secure: false,
            http_only: false,
        }
    }

    /// Removes the cookie of this name. Path and domain must be those it was set with.
    pub const fn removal(name: &'a str) -> Self {
        Self::new(name, "").max_age(0).expires(0)
    }

    /// Has it sent to this host and those below it, instead of this very host alone.
    pub const fn domain(mut self, domain: &'a str) -> Self {
        self.domain = Some(domain);
        self
    }

    /// Has it sent with requests for this path and those below it.
    pub const fn path(mut self, path: &'a str) -> Self {
        self.path = Some(path);
        self
    }

    /// Has it last so many seconds.
    pub const fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Has it last until then, in seconds since 1970. A maximal age goes before it.
    pub const fn expires(mut self, unix_seconds: u64) -> Self {
        self.expires = Some(unix_seconds);
        self
    }

    /// Has it sent over secure connections alone.
    pub const fn secure(mut self) -> Self {
        self.secure = true;
        self
    }

    /// Keeps it from scripts.
    pub const fn http_only(mut self) -> Self {
        self.http_only = true;
        self
    }

    /// Says which requests from other sites it is sent with.
    pub const fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = Some(same_site);
        self
    }

    /// Whether it can be set.
    ///
    /// # Errors
    /// [`ResponseError::Cookie`] where the name is no token, the value has another octet in it than cookies may have (white
    /// space, quotes but around it, comma, semicolon, backslash, controls, anything but ASCII), or the path or domain one
    /// that ends it.
    pub fn check(&self) -> Result<(), ResponseError> {
        let value = self.value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(self.value);
        let right = is_token(self.name)
            && value.bytes().all(is_cookie_octet)
            && self.path.is_none_or(|path| path.bytes().all(|octet| matches!(octet, b' '..=b'~') && octet != b';'))
            && self.domain.is_none_or(|domain| !domain.is_empty() && domain.bytes().all(is_host_octet));
        if right { Ok(()) } else { Err(ResponseError::Cookie) }
    }

    /// Gives the parts of the value away, one behind the other.
    pub(super) fn parts<E>(&self, mut put: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
        put(self.name)?;
        put("=")?;
        put(self.value)?;
        for (name, value) in [("; Domain=", self.domain), ("; Path=", self.path)] {
            if let Some(value) = value {
                put(name)?;
                put(value)?;
            }
        }
        if let Some(max_age) = self.max_age {
            put("; Max-Age=")?;
            let mut digits = [0; 20];
            put(decimal(max_age, &mut digits))?;
        }
        if let Some(expires) = self.expires {
            put("; Expires=")?;
            put(str::from_utf8(&format_date(expires)).unwrap_or_default())?;
        }
        if self.secure || self.same_site == Some(SameSite::None) {
            put("; Secure")?;
        }
        if self.http_only {
            put("; HttpOnly")?;
        }
        match self.same_site {
            Some(SameSite::Strict) => put("; SameSite=Strict"),
            Some(SameSite::Lax) => put("; SameSite=Lax"),
            Some(SameSite::None) => put("; SameSite=None"),
            None => Ok(()),
        }
    }
}

/// The value of the field, whether it may be sent or not.
impl fmt::Display for SetCookie<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts(|part| formatter.write_str(part))
    }
}

/// The last digits that have room, from the back.
fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &str {
    let mut start = digits.len();
    for (index, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (number % 10) as u8;
        (number, start) = (number / 10, index);
        if number == 0 {
            break;
        }
    }
    str::from_utf8(digits.get(start..).unwrap_or_default()).unwrap_or_default()
}

fn is_token(name: &str) -> bool {
    super::check::check_name(name).is_ok()
}

/// ```abnf
/// cookie-octet = %x21 / %x23-2B / %x2D-3A / %x3C-5B / %x5D-7E
/// ```
const fn is_cookie_octet(octet: u8) -> bool {
    matches!(octet, b'!'..=b'~') && !matches!(octet, b'"' | b',' | b';' | b'\\')
}

const fn is_host_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;

    #[test]
    fn every_attribute_stands_where_it_is_expected() {
        let full =
            SetCookie::new("a", "\"b\"").domain("example.org").path("/x").max_age(0).expires(784_111_777).secure();
        let cases = [
            (SetCookie::new("a", ""), "a="),
            (full, "a=\"b\"; Domain=example.org; Path=/x; Max-Age=0; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Secure"),
            (SetCookie::new("a", "b").http_only().same_site(SameSite::Strict), "a=b; HttpOnly; SameSite=Strict"),
            (SetCookie::new("a", "b").same_site(SameSite::None), "a=b; Secure; SameSite=None"),
            (SetCookie::removal("a"), "a=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
            (SetCookie::new("a", "b").max_age(u64::MAX), "a=b; Max-Age=18446744073709551615"),
        ];
        for (cookie, expected) in cases {
            assert_eq!(cookie.to_string(), expected);
            assert_eq!(cookie.check(), Ok(()), "{expected}");
        }
    }

    #[test]
    fn nothing_that_ends_a_value_an_attribute_or_a_line_is_let_through() {
        for octet in 0..=0x7f_u8 {
            let text = format!("x{}y", char::from(octet));
            let is_allowed = |cookie: SetCookie<'_>| cookie.check().is_ok();
            let visible = matches!(octet, b'!'..=b'~');
            assert_eq!(is_allowed(SetCookie::new("a", &text)), visible && !b"\",;\\".contains(&octet), "{text:?}");
            assert_eq!(is_allowed(SetCookie::new("a", "b").path(&text)), matches!(octet, b' '..=b'~') && octet != b';');
            if !visible || b"()<>@,;:\\\"/[]?={}".contains(&octet) {
                assert!(!is_allowed(SetCookie::new(&text, "b")), "{text:?}");
            }
            if !octet.is_ascii_alphanumeric() && !b"-.".contains(&octet) {
                assert!(!is_allowed(SetCookie::new("a", "b").domain(&text)), "{text:?}");
            }
        }
        for cookie in
            [SetCookie::new("", "b"), SetCookie::new("a", "é"), SetCookie::new("a", "\"b"), SetCookie::new("é", "")]
        {
            assert_eq!(cookie.check(), Err(ResponseError::Cookie), "{cookie}");
        }
        assert!(SetCookie::new("a", "b").domain("").check().is_err());
        assert!(SetCookie::new("a", "\"").check().is_err());
    }
}
