use core::fmt;

use crate::head::Status;

/// Why content is no `multipart/form-data`, or more than its limits let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum MultipartError {
    /// Behind a boundary comes neither `--` nor the end of its line, be it that the line goes on: content must not have such
    /// lines, so that one of both is broken (RFC 2046 5.1.1). A line end is CR and LF.
    Delimiter,
    /// The head of a part has a line that is no field.
    Field,
    /// The head of a part has no Content-Disposition, or more than one.
    NoDisposition,
    /// A Content-Disposition is broken, or another than `form-data`.
    Disposition,
    /// A part has no name.
    NoName,
    /// A part is encoded once more (Content-Transfer-Encoding, RFC 7578 4.7), which nobody should do.
    TransferEncoding,
    /// The head of a part is too long.
    HeadTooLong,
    /// The head of a part has too many fields.
    TooManyFields,
    /// There are too many parts.
    TooManyParts,
    /// Too many octets stand before the parts, behind them, or behind boundaries.
    TooMuchAround,
    /// The content ended before its last boundary.
    EndOfContent,
}

impl MultipartError {
    /// The status that answers it.
    pub const fn status(self) -> Status {
        match self {
            Self::HeadTooLong | Self::TooManyFields | Self::TooManyParts | Self::TooMuchAround => {
                Status::CONTENT_TOO_LARGE
            }
            _ => Status::BAD_REQUEST,
        }
    }
}

impl fmt::Display for MultipartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Delimiter => "a boundary is followed by something else than -- or a line end",
            Self::Field => "a line in the head of a part is no field",
            Self::NoDisposition => "a part does not have one Content-Disposition",
            Self::Disposition => "the Content-Disposition of a part is broken",
            Self::NoName => "a part has no name",
            Self::TransferEncoding => "a part has a Content-Transfer-Encoding",
            Self::HeadTooLong => "the head of a part is too long",
            Self::TooManyFields => "the head of a part has too many fields",
            Self::TooManyParts => "too many parts",
            Self::TooMuchAround => "too much stands around the parts",
            Self::EndOfContent => "the content ended before its last boundary",
        })
    }
}

impl core::error::Error for MultipartError {}
