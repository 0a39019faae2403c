use super::Encoded;

/// The pairs of a query or of a form (`application/x-www-form-urlencoded`, WHATWG URL 5.1), in order, duplicates kept: split
/// first, and decoded when somebody asks. Nothing between two `&` is no pair.
///
/// ```
/// use pronto::head::Pairs;
///
/// let mut pairs = Pairs::of(b"name=J%C3%BCrgen+K.&agreed");
/// let name = pairs.next().unwrap();
/// assert!(name.name.is(b"name") && name.value.unwrap().is("Jürgen K.".as_bytes()));
/// assert_eq!(pairs.next().unwrap().value, None);
/// ```
#[derive(Clone, Debug)]
pub struct Pairs<'a>(&'a [u8]);

impl<'a> Pairs<'a> {
    /// The pairs in these octets, which may be any.
    pub const fn of(octets: &'a [u8]) -> Self {
        Self(octets)
    }
}

/// A name, and what follows the first `=` behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The name; it may be empty.
    pub name: Encoded<'a>,
    /// The value; `None` where there is no `=`, which differs from an empty value.
    pub value: Option<Encoded<'a>>,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        while !self.0.is_empty() {
            let (pair, rest) = split(self.0, b'&').unwrap_or((self.0, b""));
            self.0 = rest;
            if pair.is_empty() {
                continue;
            }
            let (name, value) = match split(pair, b'=') {
                Some((name, value)) => (name, Some(Encoded::form(value))),
                None => (pair, None),
            };
            return Some(Pair { name: Encoded::form(name), value });
        }
        None
    }
}

/// What stands before and behind the first of these octets.
fn split(octets: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(separator, octets)?;
    Some((&octets[..at], &octets[at + 1..]))
}
