use core::fmt;

/// A request method (RFC 9110 9). Methods are case-sensitive: `get` is [`Other`](Method::Other).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Method<'a> {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
    /// `CONNECT`
    Connect,
    /// `OPTIONS`
    Options,
    /// `TRACE`
    Trace,
    /// `PATCH` (RFC 5789)
    Patch,
    /// Any other token.
    Other(&'a str),
}

impl<'a> Method<'a> {
    /// The methods with a name of their own.
    pub const KNOWN: [Method<'static>; 9] = [
        Method::Get,
        Method::Head,
        Method::Post,
        Method::Put,
        Method::Delete,
        Method::Connect,
        Method::Options,
        Method::Trace,
        Method::Patch,
    ];

    /// The place of HEAD among them.
    pub(super) const HEAD_PLACE: usize = 1;

    /// The place of CONNECT among them.
    pub(super) const CONNECT_PLACE: usize = 5;

    /// The method that this token stands for. Whether it is a token is not checked.
    #[inline]
    pub fn from_token(token: &'a str) -> Self {
        match token {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            "CONNECT" => Self::Connect,
            "OPTIONS" => Self::Options,
            "TRACE" => Self::Trace,
            "PATCH" => Self::Patch,
            other => Self::Other(other),
        }
    }

    /// The place in [`KNOWN`](Self::KNOWN) of the method that is the first `length` of these octets.
    #[inline(always)]
    pub(super) const fn place(octets: &[u8; 8], length: usize) -> Option<u8> {
        if length >= octets.len() {
            return None;
        }
        let token = u64::from_le_bytes(*octets) & !(u64::MAX << (8 * length));
        let (known, place) = PLACES[hash(token, length)];
        if known == token { Some(place) } else { None }
    }

    /// The method as it is sent.
    pub const fn as_str(self) -> &'a str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
            Self::Options => "OPTIONS",
            Self::Trace => "TRACE",
            Self::Patch => "PATCH",
            Self::Other(token) => token,
        }
    }
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// The known methods, each a number of which the first octet is the lowest, and their places.
static PLACES: [(u64, u8); 32] = {
    let mut places = [NO_METHOD; 32];
    let mut place = 0;
    while place < Method::KNOWN.len() {
        let name = Method::KNOWN[place].as_str().as_bytes();
        let mut token = 0;
        let mut index = 0;
        while index < name.len() {
            token |= (name[index] as u64) << (8 * index);
            index += 1;
        }
        let slot = &mut places[hash(token, name.len())];
        assert!(slot.0 == NO_METHOD.0, "no two methods have the same hash");
        *slot = (token, place as u8);
        place += 1;
    }
    places
};

/// What no method of less than eight octets is.
const NO_METHOD: (u64, u8) = (u64::MAX, 0);

/// Tells the known methods apart by their first letter and length.
const fn hash(token: u64, length: usize) -> usize {
    (token as usize + 3 * length) % 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_and_connect_are_in_their_places() {
        assert_eq!(Method::KNOWN[Method::HEAD_PLACE], Method::Head);
        assert_eq!(Method::KNOWN[Method::CONNECT_PLACE], Method::Connect);
    }

    #[test]
    fn methods_are_found_by_their_octets_alone() {
        for (place, method) in Method::KNOWN.iter().enumerate() {
            let name = method.as_str();
            let mut octets = *b"        ";
            octets[..name.len()].copy_from_slice(name.as_bytes());
            assert_eq!(Method::place(&octets, name.len()), Some(place as u8), "{name}");
            assert_eq!(Method::place(&octets, name.len() - 1), None, "less than {name}");
            octets[0] |= 0x20;
            assert_eq!(Method::place(&octets, name.len()), None, "{name} in lower case");
        }
        for length in 0..100 {
            assert_eq!(Method::place(b"QUERYING", length), None);
            assert_eq!(Method::place(&[0; 8], length), None);
        }
    }
}
