use super::Status;

/// Why a head was refused: what was wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeadError {
    /// What was wrong.
    pub kind: HeadErrorKind,
    /// The offset of the offending octet from the start of the input.
    pub at: usize,
}

impl HeadError {
    /// The status that answers this error.
    pub const fn status(self) -> Status {
        Status::BAD_REQUEST
    }
}

/// What was wrong with a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeadErrorKind {
    /// A line ends with a bare CR or LF, or one stands inside a line.
    BareLineBreak,
}
