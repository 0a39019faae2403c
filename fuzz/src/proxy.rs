use std::net::{IpAddr, SocketAddr};

use pronto::{
    head::Progress,
    proxy::{ProxyHeader, Source},
};

/// The header of the PROXY protocol: the same outcome from the first octets on that tell it, and the address that stands in
/// it.
///
/// # Panics
/// When that is not so.
pub fn proxy(octets: &[u8]) {
    let whole = ProxyHeader::parse(octets);
    let first = (0..=octets.len()).map(|end| ProxyHeader::parse(&octets[..end]));
    let told = first.into_iter().find(|said| !matches!(said, Ok(Progress::Incomplete)));
    match (told, whole) {
        (None, whole) => assert_eq!(whole, Ok(Progress::Incomplete)),
        (Some(Ok(told)), whole) => assert_eq!(whole, Ok(told)),
        // What it is that has come instead may be told better with more.
        (Some(Err(_)), whole) => assert!(whole.is_err()),
    }
    let Ok(Progress::Complete(header)) = whole else { return };
    assert_eq!(&octets[..12], b"\r\n\r\n\0\r\nQUIT\n");
    let length = usize::from(u16::from_be_bytes([octets[14], octets[15]]));
    assert_eq!(header.length(), 16 + length);
    let addresses = &octets[16..header.length()];
    let port = |at: usize| addresses.get(at..)?.first_chunk().map(|&port| u16::from_be_bytes(port));
    let ip: Option<(IpAddr, u16)> = match octets[13] >> 4 {
        1 => addresses.first_chunk::<4>().and_then(|&ip| Some((ip.into(), port(8)?))),
        2 => addresses.first_chunk::<16>().and_then(|&ip| Some((ip.into(), port(32)?))),
        _ => None,
    };
    match header.source() {
        Source::Proxy => assert_eq!(octets[12], 0x20),
        Source::Address(address) => {
            assert_eq!((octets[12], ip), (0x21, Some((SocketAddr::ip(&address), address.port()))));
        }
        _ => assert_eq!(octets[12], 0x21),
    }
}
