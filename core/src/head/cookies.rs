use super::{Request, list::trim};

/// The cookies of a request, in order, duplicates kept (RFC 6265 4.2). Names and values are octets as they were sent: quotes
/// around a value belong to it, and nothing is decoded. What has no `=` is no cookie.
///
/// ```
/// # use pronto::head::{FieldSpan, Progress, RequestHead};
/// let input = b"GET / HTTP/1.1\r\nHost: a\r\nCookie: session=31d4; theme=dark\r\nCookie: theme=light\r\n\r\n";
/// # let mut fields = [FieldSpan::EMPTY; 16];
/// # let Progress::Complete(head) = RequestHead::parse(input, &mut fields)? else { panic!() };
/// # let request = head.view(input, &fields);
/// assert_eq!(request.cookie("theme"), Some(&b"dark"[..]));
/// assert_eq!(request.cookies().count(), 3);
/// # Ok::<(), pronto::head::HeadError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cookies<'a> {
    rest: &'a [u8],
}

/// A cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie<'a> {
    /// The name, which is compared with regard to case.
    pub name: &'a [u8],
    /// The value; it may be empty.
    pub value: &'a [u8],
}

impl<'a> Cookies<'a> {
    /// The cookies of one Cookie field.
    pub const fn of(value: &'a [u8]) -> Self {
        Self { rest: value }
    }
}

impl<'a> Iterator for Cookies<'a> {
    type Item = Cookie<'a>;

    fn next(&mut self) -> Option<Cookie<'a>> {
        while !self.rest.is_empty() {
            let end = memchr::memchr(b';', self.rest).unwrap_or(self.rest.len());
            let (pair, rest) = self.rest.split_at(end);
            self.rest = rest.get(1..).unwrap_or_default();
            let Some(equals) = memchr::memchr(b'=', pair) else { continue };
            return Some(Cookie { name: trim(&pair[..equals]), value: trim(&pair[equals + 1..]) });
        }
        None
    }
}

impl<'a> Request<'a> {
    /// The cookies of all Cookie fields, in order.
    pub fn cookies(&self) -> impl Iterator<Item = Cookie<'a>> + use<'a> {
        self.fields_named("cookie").flat_map(Cookies::of)
    }

    /// The value of the first cookie of this name.
    pub fn cookie(&self, name: &str) -> Option<&'a [u8]> {
        self.cookies().find(|cookie| cookie.name == name.as_bytes()).map(|cookie| cookie.value)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn broken_cookies_are_left_out_and_others_are_not() {
        let read = |value: &'static str| -> Vec<(&str, &str)> {
            let text = |octets| str::from_utf8(octets).unwrap();
            Cookies::of(value.as_bytes()).map(|cookie| (text(cookie.name), text(cookie.value))).collect()
        };
        assert_eq!(read(""), []);
        assert_eq!(read(";;  ; nothing ;"), []);
        assert_eq!(read("a=1"), [("a", "1")]);
        assert_eq!(read("a=1;b=2;  a = 3 ;A=\"4;5\""), [("a", "1"), ("b", "2"), ("a", "3"), ("A", "\"4")]);
        assert_eq!(read("a=b=c; =d; e="), [("a", "b=c"), ("", "d"), ("e", "")]);
    }
}
