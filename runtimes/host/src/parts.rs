use std::borrow::Cow;

use pronto::{
    content::{self, Boundary, MultipartLimits, PartHead},
    head::{self, MediaType, ParameterValue},
};

use crate::{
    BadContent, Request,
    charset::{Charset, utf8},
    kind::must_be,
};

impl<'a> Request<'a> {
    /// The parts of the content, `multipart/form-data`: a form with files. The content of each is where it was received. What is
    /// larger than should be in memory is for an `async` handler, and
    /// [`OwnedRequest::multipart`](crate::OwnedRequest::multipart).
    ///
    /// ```
    /// use pronto_host::{App, Reply, Request};
    ///
    /// let app = App::new().post("/lengths", |request: &Request, reply: Reply| {
    ///     let mut text = String::new();
    ///     for part in request.multipart()? {
    ///         let part = part?;
    ///         text += &format!("{} {}\n", part.name(), part.content().len());
    ///     }
    ///     reply.text(&text)
    /// });
    /// ```
    ///
    /// # Errors
    /// [`BadContent`]: it is another media type, or one without a boundary. That it is broken is found while it is read.
    pub fn multipart(&self) -> Result<Parts<'a>, BadContent> {
        self.multipart_within(MultipartLimits::new())
    }

    /// The same, with other limits than the usual ones.
    ///
    /// # Errors
    /// As for [`multipart`](Self::multipart).
    pub fn multipart_within(&self, limits: MultipartLimits) -> Result<Parts<'a>, BadContent> {
        let boundary = boundary_of(self)?;
        Ok(Parts(content::Parts::of(self.whole_content()?, boundary, limits)))
    }
}

pub(crate) fn boundary_of(request: &head::Request<'_>) -> Result<Boundary, BadContent> {
    Ok(Boundary::of(&must_be(request, "multipart/form-data")?)?)
}

/// The parts of a form. After an error there are no more.
#[derive(Clone, Debug)]
pub struct Parts<'a>(content::Parts<'a>);

impl<'a> Iterator for Parts<'a> {
    type Item = Result<Part<'a>, BadContent>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|part| Part::of(part?))
    }
}

/// A part of a form: a field, or a file.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    part: content::Part<'a>,
    name: Cow<'a, str>,
    file_name: Option<Cow<'a, str>>,
}

impl<'a> Part<'a> {
    fn of(part: content::Part<'a>) -> Result<Self, BadContent> {
        let (name, file_name) = names_of(&part.head)?;
        Ok(Self { part, name, file_name })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the file that it is, where it is one. It is what the client says, and no path to write to.
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// The media type, where one is said that can be read. Without any it is text (RFC 7578 4.4).
    pub fn media_type(&self) -> Option<MediaType<'a>> {
        self.part.head.media_type()
    }

    /// Its head.
    pub const fn head(&self) -> PartHead<'a> {
        self.part.head
    }

    /// Its octets.
    pub const fn content(&self) -> &'a [u8] {
        self.part.content
    }

    /// Its octets as text, by its charset; see [`Request::text`].
    ///
    /// # Errors
    /// [`BadContent`]: the charset is not known, or the content is no text in it.
    pub fn text(&self) -> Result<Cow<'a, str>, BadContent> {
        charset_of(&self.part.head)?.decode(self.part.content.into())
    }
}

/// The charset of a part.
pub(crate) fn charset_of(head: &PartHead<'_>) -> Result<Charset, BadContent> {
    match head.media_type() {
        Some(media_type) => Charset::of(&media_type),
        None if head.field("content-type").is_none() => Ok(Charset::Utf8),
        None => Err(BadContent::MediaType { wanted: "one that can be read" }),
    }
}

/// The name of a part and of its file, which must be UTF-8 (RFC 7578 5.1).
pub(crate) fn names_of<'a>(head: &PartHead<'a>) -> Result<(Cow<'a, str>, Option<Cow<'a, str>>), BadContent> {
    Ok((text(head.name())?, head.file_name().map(text).transpose()?))
}

fn text(value: ParameterValue<'_>) -> Result<Cow<'_, str>, BadContent> {
    utf8(value.plain().map_or_else(|| value.octets().collect(), Cow::Borrowed))
}
