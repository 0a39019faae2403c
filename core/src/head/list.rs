use core::fmt;

use crate::scan::is_token_octet;

use super::{Request, Response, lossy::write_lossy};

/// The members of a list of a field value (RFC 9110 5.6.1): split at the commas that stand outside of quoted strings, without
/// white space around them. Empty ones are no members.
///
/// ```
/// use pronto::head::Members;
///
/// let members: Vec<_> = Members::of(br#" gzip ,, x="a, b" ,"#).collect();
/// assert_eq!(members, [&b"gzip"[..], br#"x="a, b""#]);
/// ```
#[derive(Clone, Debug)]
pub struct Members<'a> {
    rest: &'a [u8],
}

impl<'a> Members<'a> {
    /// The members of this value.
    pub const fn of(value: &'a [u8]) -> Self {
        Self { rest: value }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.rest.is_empty() {
            let (member, rest) = split_outside_quotes(self.rest, b',');
            self.rest = rest;
            let member = trim(member);
            if !member.is_empty() {
                return Some(member);
            }
        }
        None
    }
}

impl<'a> Request<'a> {
    /// The members of the lists of all fields of this name, in order: as if they stood in one (RFC 9110 5.3).
    pub fn list<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.fields_named(name).flat_map(Members::of)
    }
}

impl<'a> Response<'a> {
    /// The members of the lists of all fields of this name, in order: as if they stood in one (RFC 9110 5.3).
    pub fn list<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.fields_named(name).flat_map(Members::of)
    }
}

/// The parameters behind a member of a list or a media type: `; name=value` (RFC 9110 5.6.6). What is none is left out.
#[derive(Clone, Debug)]
pub struct Parameters<'a> {
    rest: &'a [u8],
}

impl<'a> Parameters<'a> {
    /// The parameters in what stands behind the first `;` of a value.
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// A member, and its parameters.
    pub fn of(member: &'a [u8]) -> (&'a [u8], Self) {
        let (item, rest) = split_outside_quotes(member, b';');
        (trim(item), Self { rest })
    }

    /// The next parameter, or what stands there and is none: for whoever must not leave out
    /// what others may read.
    pub(crate) fn next_strict(&mut self) -> Option<Result<RawParameter<'a>, &'a [u8]>> {
        while !self.rest.is_empty() {
            let (parameter, rest) = split_outside_quotes(self.rest, b';');
            self.rest = rest;
            let parameter = trim(parameter);
            if parameter.is_empty() {
                continue;
            }
            let named = memchr::memchr(b'=', parameter)
                .and_then(|equals| Some((token(&parameter[..equals])?, &parameter[equals + 1..])));
            return Some(named.ok_or(parameter));
        }
        None
    }

    /// The value of the first parameter of this name, in any case.
    pub fn value(&self, name: &str) -> Option<ParameterValue<'a>> {
        self.clone().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = (&'a str, ParameterValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let (parameter, rest) = split_outside_quotes(self.rest, b';');
            self.rest = rest;
            // No white space around the `=`: that is a rule, and not an oversight (RFC 9110 5.6.6).
            let Some(equals) = memchr::memchr(b'=', parameter) else { continue };
            let (name, value) = (trim(&parameter[..equals]), trim(&parameter[equals + 1..]));
            if let (Some(name), Some(value)) = (token(name), ParameterValue::parse(value)) {
                return Some((name, value));
            }
        }
        None
    }
}

/// The name of a parameter, and its value with its quotes.
pub(crate) type RawParameter<'a> = (&'a str, &'a [u8]);

/// The value of a parameter: a token or a quoted string (RFC 9110 5.6.4).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ParameterValue<'a> {
    /// Without its quotes.
    raw: &'a [u8],
    quoting: Quoting,
}

/// What stands for another octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    /// Nothing: it is a token.
    Token,
    /// Any octet behind a backslash.
    Pairs,
    /// What browsers and others write in the head of a part of a form: see [`ParameterValue::parse_of_form`].
    Form,
}

impl<'a> ParameterValue<'a> {
    pub(crate) fn parse(value: &'a [u8]) -> Option<Self> {
        match value {
            [b'"', raw @ .., b'"'] => is_quoted_text(raw).then_some(Self { raw, quoting: Quoting::Pairs }),
            _ => token(value).map(|raw| Self { raw: raw.as_bytes(), quoting: Quoting::Token }),
        }
    }

    /// A value in the head of a part of a form. Browsers write `%22`, `%0D` and `%0A` in quotes, and no other escapes, so that
    /// a `%` may be itself (WHATWG HTML 4.10.21.8); others write a backslash before `"` and `\`. One before anything else
    /// is itself, as in paths of Windows.
    pub(crate) fn parse_of_form(value: &'a [u8]) -> Option<Self> {
        let parsed = Self::parse(value)?;
        Some(if parsed.quoting == Quoting::Pairs { Self { quoting: Quoting::Form, ..parsed } } else { parsed })
    }

    /// Its octets, without quotes and what quotes.
    pub fn octets(&self) -> impl Iterator<Item = u8> + use<'a> {
        let (mut rest, quoting) = (self.raw, self.quoting);
        core::iter::from_fn(move || {
            let (octet, length) = match (quoting, rest) {
                (Quoting::Pairs, &[b'\\', octet, ..]) | (Quoting::Form, &[b'\\', octet @ (b'"' | b'\\'), ..]) => {
                    (octet, 2)
                }
                (Quoting::Form, [b'%', b'2', b'2', ..]) => (b'"', 3),
                (Quoting::Form, [b'%', b'0', b'D' | b'd', ..]) => (b'\r', 3),
                (Quoting::Form, [b'%', b'0', b'A' | b'a', ..]) => (b'\n', 3),
                (_, &[octet, ..]) => (octet, 1),
                (_, []) => return None,
            };
            rest = rest.get(length..).unwrap_or_default();
            Some(octet)
        })
    }

    /// Its octets where they lie, unless some of them stand for others.
    pub fn plain(&self) -> Option<&'a [u8]> {
        (self.octets().count() == self.raw.len()).then_some(self.raw)
    }

    /// Whether it is this.
    pub fn is(&self, text: &str) -> bool {
        self.octets().eq(text.bytes())
    }

    /// Whether it is this, in any case of ASCII letters.
    pub fn is_ignoring_case(&self, text: &str) -> bool {
        self.octets().map(|octet| octet.to_ascii_lowercase()).eq(text.bytes().map(|octet| octet.to_ascii_lowercase()))
    }
}

/// For people: octets that are not UTF-8 are replaced.
impl fmt::Display for ParameterValue<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lossy(formatter, self.octets())
    }
}

impl fmt::Debug for ParameterValue<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{}\"", self.raw.escape_ascii())
    }
}

/// What comes before the first separator outside of a quoted string, and what comes behind it. A string without its end
/// goes on to the end of the value.
pub(crate) fn split_outside_quotes(value: &[u8], separator: u8) -> (&[u8], &[u8]) {
    let (mut quoted, mut at) = (false, 0);
    while let Some(&octet) = value.get(at) {
        match octet {
            b'"' => quoted = !quoted,
            b'\\' if quoted => at += 1,
            _ if octet == separator && !quoted => return (&value[..at], &value[at + 1..]),
            _ => {}
        }
        at += 1;
    }
    (value, &[])
}

/// Without the optional white space around it (RFC 9110 5.6.3).
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// The token that these octets are.
pub(crate) fn token(octets: &[u8]) -> Option<&str> {
    let is_token = !octets.is_empty() && octets.iter().all(|&octet| is_token_octet(octet));
    is_token.then(|| str::from_utf8(octets).ok()).flatten()
}

/// Whether quotes may stand around this: no quote in it but behind a backslash, and no backslash without something behind it.
fn is_quoted_text(raw: &[u8]) -> bool {
    let mut octets = raw.iter();
    while let Some(octet) = octets.next() {
        match octet {
            b'"' => return false,
            b'\\' if octets.next().is_none() => return false,
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use alloc::{string::String, vec::Vec};

    use super::*;

    #[test]
    fn lists_are_split_where_no_quotes_are() {
        let cases: [(&str, &[&str]); 6] = [
            ("", &[]),
            (" , ,", &[]),
            ("a", &["a"]),
            ("a,b ,\tc", &["a", "b", "c"]),
            (r#"a;q="x,\",y", b"#, &[r#"a;q="x,\",y""#, "b"]),
            (r#"a, "never ends, b"#, &["a", r#""never ends, b"#]),
        ];
        for (value, expected) in cases {
            let members: Vec<_> = Members::of(value.as_bytes()).map(|member| str::from_utf8(member).unwrap()).collect();
            assert_eq!(members, expected, "{value}");
        }
    }

    #[test]
    fn parameters_are_tokens_or_quoted_strings_and_nothing_else() {
        let member = br#"text/plain ; Charset="ut\f-\"8" ;; a=b;c = d ;e=;f="x"y;=g;h="\";i=j"#;
        let (item, parameters) = Parameters::of(member);
        assert_eq!(item, b"text/plain");
        let read: Vec<(&str, String)> =
            parameters.clone().map(|(name, value)| (name, value.octets().map(char::from).collect())).collect();
        assert_eq!(read, [("Charset", "utf-\"8".into()), ("a", "b".into()), ("c", "d".into())]);
        assert!(parameters.value("charset").unwrap().is("utf-\"8"));
        assert!(parameters.value("CHARSET").unwrap().is_ignoring_case("UTF-\"8"));
        assert!(parameters.value("h").is_none());
    }
}
