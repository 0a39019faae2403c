use crate::head::FieldSpan;

/// The memory that one connection is served with. It is lent for that long, and may serve another one afterwards.
///
/// How large each must be, and what becomes of a request for which it is too small, is told [there](super#buffers).
#[derive(Debug)]
pub struct Buffers<'b> {
    /// Octets that came.
    pub input: &'b mut [u8],
    /// Replies that are gathered until nothing is left to answer.
    pub output: &'b mut [u8],
    /// Where the fields of a request are: sets how many it may have.
    pub fields: &'b mut [FieldSpan],
}
