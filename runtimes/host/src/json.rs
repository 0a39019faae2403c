use std::cell::Cell;

use pronto::head::{self, Status};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Answer, BadContent, Fault, LARGE, OwnedRequest, Reply, ReplyHead, Request, Response, kind::media_type};

impl<'a> Request<'a> {
    /// The content from JSON. What it is made to may borrow the content.
    ///
    /// ```
    /// use pronto_host::{App, Reply, Request};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Deserialize)]
    /// struct Square<'a> {
    ///     name: &'a str,
    ///     side: u32,
    /// }
    ///
    /// #[derive(Serialize)]
    /// struct Area<'a> {
    ///     name: &'a str,
    ///     area: u64,
    /// }
    ///
    /// let app = App::new().post("/area", |request: &Request, reply: Reply| {
    ///     let Square { name, side } = request.json()?;
    ///     reply.json(&Area { name, area: u64::from(side) * u64::from(side) })
    /// });
    /// ```
    ///
    /// # Errors
    /// [`BadContent`]: the media type is neither `application/json` nor one that ends in `+json`, the content is no JSON, is
    /// nested more than 128 deep, or is not what is wanted.
    pub fn json<T: Deserialize<'a>>(&self) -> Result<T, BadContent> {
        check_media_type(self)?;
        serde_json::from_slice(self.whole_content()?).map_err(bad)
    }
}

impl OwnedRequest {
    /// All of the content from JSON; see [`Request::json`]. How much that may be is the route's limit of content.
    ///
    /// # Errors
    /// [`BadContent`].
    pub async fn json<T: DeserializeOwned>(&mut self) -> Result<T, BadContent> {
        check_media_type(&self.view())?;
        serde_json::from_slice(&self.own_content()?.collect().await?).map_err(bad)
    }
}

impl Reply<'_> {
    /// 200 with a value as JSON. It takes no memory, unless there is much of it.
    ///
    /// # Errors
    /// What the value says when it is written, and what is wrong with any reply.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Answer {
        self.status(Status::OK).json(value)
    }
}

impl ReplyHead<'_> {
    /// Finishes with a value as JSON; see [`Reply::json`].
    ///
    /// # Errors
    /// As for [`Reply::json`].
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Answer {
        let mut scratch = SCRATCH.try_with(Cell::take).unwrap_or_default();
        scratch.clear();
        serde_json::to_writer(&mut scratch, value)?;
        let head = self.content_type(JSON);
        if scratch.len() >= LARGE {
            return head.content_of(scratch);
        }
        let answer = head.content(&scratch);
        let _ = SCRATCH.try_with(|place| place.set(scratch));
        answer
    }
}

impl Response {
    /// 200 with a value as JSON.
    ///
    /// ```
    /// use pronto_host::{Fault, OwnedRequest, Response};
    ///
    /// async fn numbers(_: OwnedRequest) -> Result<Response, Fault> {
    ///     Response::json(&[1, 2, 3])
    /// }
    /// ```
    ///
    /// # Errors
    /// What the value says when it is written.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, Fault> {
        Ok(Self::octets(JSON, serde_json::to_vec(value)?))
    }
}

const JSON: &str = "application/json";

thread_local! {
    /// Where a value is written before its length is known. What is larger than this is given away.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

fn check_media_type(request: &head::Request<'_>) -> Result<(), BadContent> {
    let is_json = media_type(request)?.is_some_and(|media_type| {
        let suffix = media_type.subtype().as_bytes().last_chunk::<5>();
        media_type.is(JSON) || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(b"+json"))
    });
    if is_json { Ok(()) } else { Err(BadContent::MediaType { wanted: JSON }) }
}

/// What is wrong, in few words: they may quote what was sent.
fn bad(error: serde_json::Error) -> BadContent {
    let mut words = error.to_string();
    if words.len() > MOST_WORDS {
        let end = (0..=MOST_WORDS).rev().find(|&end| words.is_char_boundary(end)).unwrap_or_default();
        words.truncate(end);
        words += &format!("... at line {} column {}", error.line(), error.column());
    }
    BadContent::Json { words }
}

/// In octets.
const MOST_WORDS: usize = 200;
