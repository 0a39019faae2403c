use core::fmt;

use crate::{
    head::{Field, FieldLines, MediaType, ParameterValue, Parameters, token},
    scan::is_field_octet,
};

use super::{MultipartError, MultipartLimits};

/// The head of a part of a form (RFC 7578 4): what the part is called, and what else is said of it.
///
/// A name may have any octets; browsers send UTF-8. The parameter `filename*` is no file name here (RFC 7578 4.2).
#[derive(Clone, Copy)]
pub struct PartHead<'a> {
    octets: &'a [u8],
    name: ParameterValue<'a>,
    file_name: Option<ParameterValue<'a>>,
    media_type: Option<&'a [u8]>,
}

impl<'a> PartHead<'a> {
    /// Reads a whole head, its empty line included. Of the limits those on a head count.
    ///
    /// # Errors
    /// [`MultipartError`] where it is none.
    pub fn parse(octets: &'a [u8], limits: &MultipartLimits) -> Result<Self, MultipartError> {
        if octets.len() > usize::from(limits.head_octets) {
            return Err(MultipartError::HeadTooLong);
        }
        let lines = octets.strip_suffix(b"\r\n").ok_or(MultipartError::Field)?;
        check(lines, limits.fields)?;
        let mut disposition = None;
        let mut media_type = None;
        for field in FieldLines::of(lines) {
            if field.name.eq_ignore_ascii_case("content-disposition") {
                if disposition.replace(field.value).is_some() {
                    return Err(MultipartError::NoDisposition);
                }
            } else if field.name.eq_ignore_ascii_case("content-type") {
                if media_type.replace(field.value).is_some() {
                    return Err(MultipartError::Field);
                }
            } else if field.name.eq_ignore_ascii_case("content-transfer-encoding") && !is_identity(field.value) {
                return Err(MultipartError::TransferEncoding);
            }
        }
        let (name, file_name) = read_disposition(disposition.ok_or(MultipartError::NoDisposition)?)?;
        Ok(Self { octets, name, file_name, media_type })
    }

    /// The name of the part; it may be empty.
    pub const fn name(&self) -> ParameterValue<'a> {
        self.name
    }

    /// The name of the file that the part is, where it is one. It is what the client says, and no path to write to.
    pub const fn file_name(&self) -> Option<ParameterValue<'a>> {
        self.file_name
    }

    /// The media type, where one is said that can be read. Without any it is `text/plain` (RFC 7578 4.4).
    pub fn media_type(&self) -> Option<MediaType<'a>> {
        self.media_type.and_then(MediaType::parse)
    }

    /// All fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        FieldLines::of(self.octets.strip_suffix(b"\r\n").unwrap_or_default())
    }

    /// The value of the first field of this name, in any case.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        self.fields().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    }

    /// The head as it was sent, its empty line included.
    pub const fn as_octets(&self) -> &'a [u8] {
        self.octets
    }
}

impl fmt::Debug for PartHead<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.fields()).finish()
    }
}

/// Whether these are lines of fields, as strictly as in the head of a message: CRLF ends a line, and none is folded.
fn check(mut lines: &[u8], most: u16) -> Result<(), MultipartError> {
    let mut count = 0;
    while !lines.is_empty() {
        let end = memchr::memchr(b'\r', lines).ok_or(MultipartError::Field)?;
        let (line, rest) = lines.split_at(end);
        lines = rest.strip_prefix(b"\r\n").ok_or(MultipartError::Field)?;
        let colon = memchr::memchr(b':', line).ok_or(MultipartError::Field)?;
        if token(&line[..colon]).is_none() || !line[colon + 1..].iter().all(|&octet| is_field_octet(octet)) {
            return Err(MultipartError::Field);
        }
        count += 1;
        if count > most {
            return Err(MultipartError::TooManyFields);
        }
    }
    Ok(())
}

/// The name and the file name in a Content-Disposition (RFC 7578 4.2, RFC 2183 2). Every parameter must be one: a file name
/// that was left out because it is broken would make a text of a file.
fn read_disposition(value: &[u8]) -> Result<(ParameterValue<'_>, Option<ParameterValue<'_>>), MultipartError> {
    let (kind, mut parameters) = Parameters::of(value);
    if !kind.eq_ignore_ascii_case(b"form-data") {
        return Err(MultipartError::Disposition);
    }
    let (mut name, mut file_name) = (None, None);
    while let Some(parameter) = parameters.next_strict() {
        let (called, value) = parameter.map_err(|_| MultipartError::Disposition)?;
        let value = ParameterValue::parse_of_form(value).ok_or(MultipartError::Disposition)?;
        let place = if called.eq_ignore_ascii_case("name") {
            &mut name
        } else if called.eq_ignore_ascii_case("filename") {
            &mut file_name
        } else {
            continue;
        };
        if place.replace(value).is_some() {
            return Err(MultipartError::Disposition);
        }
    }
    Ok((name.ok_or(MultipartError::NoName)?, file_name))
}

/// Whether what is encoded so is what it was before (RFC 2045 6.2).
fn is_identity(encoding: &[u8]) -> bool {
    [&b"binary"[..], b"8bit", b"7bit"].iter().any(|identity| encoding.eq_ignore_ascii_case(identity))
}
