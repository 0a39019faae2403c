/// The protocol version of a message (RFC 9112 2.3).
///
/// `HTTP/1.2` to `HTTP/1.9` are read as [`Http11`](Version::Http11): a higher minor version promises to be understood
/// by those who know a lower one (RFC 9110 2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `HTTP/1.0`
    Http10,
    /// `HTTP/1.1`
    Http11,
}
