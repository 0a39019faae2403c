//! The PROXY protocol, version 2: what a proxy sends before anything else on a connection, to tell who the client is.
//!
//! The header is told by whoever opens the connection, so it may be believed only where nobody but the proxy can connect.
//!
//! ```
//! use pronto::{head::Progress, proxy::{ProxyHeader, Source}};
//!
//! let input = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\x7f\0\0\x01\xd4\x31\0\x50GET / HTTP/1.1\r\n";
//! let Progress::Complete(header) = ProxyHeader::parse(input)? else { panic!() };
//! assert_eq!(header.source(), Source::Address("192.0.2.1:54321".parse().unwrap()));
//! assert_eq!(&input[header.length()..], b"GET / HTTP/1.1\r\n");
//! # Ok::<(), pronto::proxy::ProxyError>(())
//! ```

use core::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use crate::head::Progress;

/// A header of the PROXY protocol, version 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyHeader {
    length: u16,
    source: Source,
}

/// Who is at the other end of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The proxy itself, which looks whether the server is well: the connection is what it seems to be.
    Proxy,
    /// A client with this address.
    Address(SocketAddr),
    /// A client whose address is not told, or of a kind that is none of the internet.
    Unknown,
}

impl ProxyHeader {
    /// The longest header that is taken, in octets. What comes behind the addresses, as the names in certificates, may fill
    /// it.
    pub const MOST: usize = 2048;

    /// Reads the header that `input` begins with. It takes no notice of what comes behind the addresses.
    ///
    /// # Errors
    /// [`ProxyError`] as soon as what is there can be no header: the connection is best closed without an answer.
    pub fn parse(input: &[u8]) -> Result<Progress<Self>, ProxyError> {
        let seen = input.len().min(SIGNATURE.len());
        if input[..seen] != SIGNATURE[..seen] {
            let is_text = input.starts_with(b"PROXY ");
            return Err(if is_text { ProxyError::Version1 } else { ProxyError::Missing });
        }
        let Some(&[version_and_command, family, high, low]) =
            input.get(SIGNATURE.len()..).and_then(<[u8]>::first_chunk)
        else {
            return Ok(Progress::Incomplete);
        };
        let length = START + usize::from(u16::from_be_bytes([high, low]));
        if version_and_command >> 4 != 2 {
            return Err(ProxyError::Version);
        }
        if length > Self::MOST {
            return Err(ProxyError::TooLong);
        }
        let Some(rest) = input.get(START..length) else { return Ok(Progress::Incomplete) };
        let source = match (version_and_command & 0x0f, family) {
            (LOCAL, _) => Source::Proxy,
            (PROXY, 0x11 | 0x12) => Source::Address(ipv4(rest).ok_or(ProxyError::Addresses)?),
            (PROXY, 0x21 | 0x22) => Source::Address(ipv6(rest).ok_or(ProxyError::Addresses)?),
            (PROXY, 0x31 | 0x32) if rest.len() < 216 => return Err(ProxyError::Addresses),
            (PROXY, 0x00 | 0x31 | 0x32) => Source::Unknown,
            (PROXY, _) => return Err(ProxyError::Family),
            _ => return Err(ProxyError::Command),
        };
        // It is `MOST` at most.
        Ok(Progress::Complete(Self { length: length as u16, source }))
    }

    /// How many octets of the input it takes.
    pub const fn length(&self) -> usize {
        self.length as usize
    }

    /// Who has connected to the proxy.
    pub const fn source(&self) -> Source {
        self.source
    }
}

/// Why what a connection begins with is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ProxyError {
    /// Something else: perhaps a client that goes around the proxy.
    Missing,
    /// The text of version 1.
    Version1,
    /// Another version.
    Version,
    /// Neither LOCAL nor PROXY.
    Command,
    /// An address family or transport that is not known.
    Family,
    /// Fewer octets than the addresses take.
    Addresses,
    /// More than [`ProxyHeader::MOST`] octets.
    TooLong,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "the connection does not begin with a header of the PROXY protocol",
            Self::Version1 => "the header is of version 1 of the PROXY protocol: the proxy must send version 2",
            Self::Version => "the header is of a version of the PROXY protocol that is not known",
            Self::Command => "the header of the PROXY protocol has a command that is not known",
            Self::Family => "the header of the PROXY protocol has a kind of addresses that is not known",
            Self::Addresses => "the header of the PROXY protocol is too short for its addresses",
            Self::TooLong => "the header of the PROXY protocol is too long",
        })
    }
}

impl core::error::Error for ProxyError {}

/// What every header of version 2 begins with, and no request does.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// Octets before the addresses.
const START: usize = SIGNATURE.len() + 4;

const LOCAL: u8 = 0;
const PROXY: u8 = 1;

/// The source of two addresses and two ports.
fn ipv4(rest: &[u8]) -> Option<SocketAddr> {
    let &[a, b, c, d, _, _, _, _, high, low, _, _] = rest.first_chunk()?;
    Some((Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])).into())
}

fn ipv6(rest: &[u8]) -> Option<SocketAddr> {
    let address: [u8; 16] = *rest.first_chunk()?;
    let &[high, low, _, _] = rest.get(32..)?.first_chunk()?;
    Some((Ipv6Addr::from(address), u16::from_be_bytes([high, low])).into())
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use super::*;

    /// A header with this fourth row and what follows it.
    fn header(version_and_command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [SIGNATURE, &[version_and_command, family][..], &length, rest].concat()
    }

    const V4: &[u8] = &[192, 0, 2, 1, 127, 0, 0, 1, 0xd4, 0x31, 0, 80];

    fn v6() -> Vec<u8> {
        let client: Ipv6Addr = "2001:db8::7".parse().unwrap();
        [&client.octets()[..], &Ipv6Addr::LOCALHOST.octets(), &[0x01, 0x00, 0, 80]].concat()
    }

    #[test]
    fn headers_tell_who_is_there_however_they_come() {
        let v4 = Source::Address("192.0.2.1:54321".parse().unwrap());
        let v6_source = Source::Address("[2001:db8::7]:256".parse().unwrap());
        let with_more = [V4, &[0x04, 0, 3, 1, 2, 3]].concat();
        let cases = [
            (header(0x21, 0x11, V4), v4),
            (header(0x21, 0x12, V4), v4),
            (header(0x21, 0x11, &with_more), v4),
            (header(0x21, 0x21, &v6()), v6_source),
            (header(0x21, 0x31, &[0; 216]), Source::Unknown),
            (header(0x21, 0x00, b""), Source::Unknown),
            (header(0x21, 0x00, b"anything"), Source::Unknown),
            (header(0x20, 0x00, b""), Source::Proxy),
            (header(0x20, 0x11, V4), Source::Proxy),
            (header(0x21, 0x11, &[V4, &vec![0; ProxyHeader::MOST - START - V4.len()]].concat()), v4),
        ];
        for (octets, source) in cases {
            for cut in 0..octets.len() {
                assert_eq!(ProxyHeader::parse(&octets[..cut]), Ok(Progress::Incomplete), "{cut} of {octets:02x?}");
            }
            let expected = Ok(Progress::Complete(ProxyHeader { length: octets.len() as u16, source }));
            assert_eq!(ProxyHeader::parse(&octets), expected);
            assert_eq!(ProxyHeader::parse(&[&octets[..], b"GET"].concat()), expected);
        }
    }

    #[test]
    fn what_is_no_header_is_refused_at_its_first_wrong_octet() {
        let cases: [(Vec<u8>, ProxyError, usize); 10] = [
            (b"GET / HTTP/1.1\r\n".to_vec(), ProxyError::Missing, 1),
            (b"\r\nGET / HTTP/1.1\r\n".to_vec(), ProxyError::Missing, 3),
            (b"PROXY TCP4 192.0.2.1 127.0.0.1 54321 80\r\n".to_vec(), ProxyError::Version1, 6),
            (header(0x11, 0x11, V4), ProxyError::Version, START),
            (header(0x31, 0x11, V4), ProxyError::Version, START),
            (header(0x22, 0x11, V4), ProxyError::Command, START + V4.len()),
            (header(0x21, 0x41, V4), ProxyError::Family, START + V4.len()),
            (header(0x21, 0x11, &V4[1..]), ProxyError::Addresses, START + V4.len() - 1),
            (header(0x21, 0x21, V4), ProxyError::Addresses, START + V4.len()),
            (header(0x21, 0x11, &[0; ProxyHeader::MOST]), ProxyError::TooLong, START),
        ];
        for (octets, error, at) in cases {
            assert_eq!(ProxyHeader::parse(&octets[..at]), Err(error), "{octets:02x?}");
            let before = ProxyHeader::parse(&octets[..at - 1]);
            assert!(
                before.is_ok() || before == Err(ProxyError::Missing) && error == ProxyError::Version1,
                "{before:?}"
            );
        }
        assert_eq!(ProxyHeader::parse(&header(0x21, 0x32, &[0; 215])), Err(ProxyError::Addresses));
    }
}
