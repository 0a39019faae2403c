//! Of what kind the content of a request is.

use pronto::head::{self, MediaType};

use crate::{BadContent, IncomingContent, OwnedRequest, Request};

impl<'a> Request<'a> {
    /// All of the content, which is empty where there is none.
    pub(crate) fn whole_content(&self) -> Result<&'a [u8], BadContent> {
        match self.content() {
            Some(content) => Ok(content),
            None if announces_content(self) => Err(BadContent::NotHere),
            None => Ok(&[]),
        }
    }
}

impl OwnedRequest {
    /// The content, unless it was taken from here.
    pub(crate) fn own_content(&mut self) -> Result<&mut IncomingContent, BadContent> {
        if !self.content().is_present() && announces_content(&self.view()) {
            return Err(BadContent::NotHere);
        }
        Ok(self.content())
    }
}

/// Whether a head says that content follows it, and not that this is empty.
fn announces_content(request: &head::Request<'_>) -> bool {
    request.field("transfer-encoding").is_some()
        || request.field("content-length").is_some_and(|length| length.iter().any(|&digit| digit != b'0'))
}

/// The media type that is said of the content, if any is. Content that is coded, as by compression, is of no kind that could be
/// read: nothing is decoded here (RFC 9110 8.4).
pub(crate) fn media_type<'a>(request: &head::Request<'a>) -> Result<Option<MediaType<'a>>, BadContent> {
    if request.list("content-encoding").any(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
        return Err(BadContent::Coding);
    }
    match request.media_type() {
        None if request.field("content-type").is_some() => {
            Err(BadContent::MediaType { wanted: "one that can be read" })
        }
        media_type => Ok(media_type),
    }
}

/// The media type of the content, which must be this one.
pub(crate) fn must_be<'a>(request: &head::Request<'a>, wanted: &'static str) -> Result<MediaType<'a>, BadContent> {
    media_type(request)?.filter(|media_type| media_type.is(wanted)).ok_or(BadContent::MediaType { wanted })
}
