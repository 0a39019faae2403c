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

    /// The place in [`KNOWN`](Self::KNOWN) of the method that is the first `length` of these octets, or what is beyond it for
    /// any other.
    #[inline(always)]
    pub(super) const fn place(octets: &[u8; 8], length: usize) -> u8 {
        if length >= octets.len() {
            return Self::KNOWN.len() as u8;
        }
        let token = u64::from_le_bytes(*octets) & !(u64::MAX << (8 * length));
        let (known, place) = PLACES[hash(token, length)];
        if known == token { place } else { Self::KNOWN.len() as u8 }
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
    let mut places = [(0, Method::KNOWN.len() as u8); 32];
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
        assert!(slot.0 == 0, "no two methods have the same hash");
        *slot = (token, place as u8);
        place += 1;
    }
    places
};

/// Tells the known methods apart by their first letter and length.
const fn hash(token: u64, length: usize) -> usize {
    (token as usize + 3 * length) % 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connect_is_in_its_place() {
        assert_eq!(Method::KNOWN[Method::CONNECT_PLACE], Method::Connect);
    }

    #[test]
    fn methods_are_found_by_their_octets_alone() {
        for (place, method) in Method::KNOWN.iter().enumerate() {
            let name = method.as_str();
            let mut octets = *b"        ";
            octets[..name.len()].copy_from_slice(name.as_bytes());
            assert_eq!(usize::from(Method::place(&octets, name.len())), place, "{name}");
            assert_eq!(usize::from(Method::place(&octets, name.len() - 1)), Method::KNOWN.len(), "less than {name}");
            octets[0] |= 0x20;
            assert_eq!(usize::from(Method::place(&octets, name.len())), Method::KNOWN.len(), "{name} in lower case");
        }
        for length in 0..100 {
            assert_eq!(usize::from(Method::place(b"QUERYING", length)), Method::KNOWN.len());
        }
    }
}
