//! Of what kind the content of a request is.

use pronto::head::{MediaType, Request};

use crate::BadContent;

/// The media type that is said of the content, if any is. Content that is coded, as by compression, is of no kind that could be
/// read: nothing is decoded here (RFC 9110 8.4).
pub(crate) fn media_type<'a>(request: &Request<'a>) -> Result<Option<MediaType<'a>>, BadContent> {
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
pub(crate) fn must_be<'a>(request: &Request<'a>, wanted: &'static str) -> Result<MediaType<'a>, BadContent> {
    media_type(request)?.filter(|media_type| media_type.is(wanted)).ok_or(BadContent::MediaType { wanted })
}
