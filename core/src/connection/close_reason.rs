/// Why a connection ended, or will as soon as nothing is owed. Of several reasons it is the first, but for what goes wrong,
/// which tells more than what was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer ended its side, between two requests.
    Peer,
    /// The last request asked for it: `Connection: close`, or HTTP/1.0 without `keep-alive`.
    Request,
    /// A reply asked for it.
    Reply,
    /// No request came in time.
    Idle,
    /// The owner wanted it to end.
    Drain,
    /// It became another protocol's, and that has ended.
    Upgraded,
    /// Something that came was refused; see [`Rejection`](super::Rejection).
    Rejected,
    /// Nobody read the content of a request, and it was too long to be thrown away.
    UnreadContent,
    /// The peer took no output in time.
    WriteTimeout,
    /// The content of a reply could not be completed.
    Cut,
    /// None that the connection knows of: the transport failed, or whoever has the connection gave it up.
    Broken,
}

impl CloseReason {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Peer,
        Self::Request,
        Self::Reply,
        Self::Idle,
        Self::Drain,
        Self::Upgraded,
        Self::Rejected,
        Self::UnreadContent,
        Self::WriteTimeout,
        Self::Cut,
        Self::Broken,
    ];

    /// Its name in small letters, as it stands in statistics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Request => "request",
            Self::Reply => "reply",
            Self::Idle => "idle",
            Self::Drain => "drain",
            Self::Upgraded => "upgraded",
            Self::Rejected => "rejected",
            Self::UnreadContent => "unread_content",
            Self::WriteTimeout => "write_timeout",
            Self::Cut => "cut",
            Self::Broken => "broken",
        }
    }

    /// Whether something went wrong.
    pub(super) const fn is_fault(self) -> bool {
        matches!(self, Self::Rejected | Self::UnreadContent | Self::WriteTimeout | Self::Cut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statistics are kept by these names.
    #[test]
    fn every_reason_has_a_name_of_its_own() {
        for (index, reason) in CloseReason::ALL.into_iter().enumerate() {
            let name = reason.name();
            assert!(!name.is_empty() && name.bytes().all(|octet| matches!(octet, b'a'..=b'z' | b'_')), "{reason:?}");
            assert!(CloseReason::ALL[..index].iter().all(|other| other.name() != name), "{reason:?}");
        }
    }
}
