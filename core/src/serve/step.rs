//! What the transport is asked for, and what comes of it.

/// What is to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// A request, or the end of the connection.
    Request,
    /// A piece of the request's content, or its end.
    Piece,
    /// All of the request's content, kept.
    Whole,
    /// An empty output.
    Room,
    /// An empty output, and a transport that keeps nothing back.
    Flushed,
}

/// What the transport is to do next.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// Nothing: it is reached.
    Reached,
    Write(&'a [u8]),
    Flush,
    Read(&'a mut [u8]),
    ShutdownWrite,
}

/// What it has done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Done {
    Wrote(usize),
    Flushed,
    Received(usize),
    /// It took octets that do not lie in the output, and is to take so many more.
    Passed {
        sent: usize,
        unsent: usize,
    },
    Nothing,
}

/// A step without what it borrows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Want {
    Reached,
    Write,
    Flush,
    Read,
    ShutdownWrite,
}
