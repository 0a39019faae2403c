use std::borrow::Cow;

use pronto::head::{Encoded, Pairs};

use crate::{BadContent, OwnedRequest, Request, charset::utf8, kind::must_be};

impl<'a> Request<'a> {
    /// The content as a form, `application/x-www-form-urlencoded`. One with files is [`multipart`](Self::multipart).
    ///
    /// ```
    /// use pronto_host::{App, Reply, Request};
    ///
    /// let app = App::new().post("/greeting", |request: &Request, reply: Reply| {
    ///     let form = request.form()?;
    ///     reply.text(&form.value("name").unwrap_or("stranger".into()))
    /// });
    /// ```
    ///
    /// # Errors
    /// [`BadContent`]: it is another media type, an escape is broken, or it is not UTF-8. As octets it can be read all the
    /// same, by [`Pairs`].
    pub fn form(&self) -> Result<Form<'a>, BadContent> {
        must_be(self, MEDIA_TYPE)?;
        Form::of(self.whole_content()?)
    }
}

impl OwnedRequest {
    /// All of the content as a form; see [`Request::form`]. How much that may be is the route's limit of content.
    ///
    /// # Errors
    /// [`BadContent`].
    pub async fn form(&mut self) -> Result<OwnedForm, BadContent> {
        must_be(&self.view(), MEDIA_TYPE)?;
        let octets = self.own_content()?.collect().await?;
        Form::of(&octets)?;
        Ok(OwnedForm { octets })
    }
}

const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The pairs of a form that was sent as `application/x-www-form-urlencoded`. All of it has been found to be text; it is decoded
/// when somebody asks, and borrowed where nothing in it is encoded.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    octets: &'a [u8],
}

impl<'a> Form<'a> {
    /// The form that these octets are.
    ///
    /// # Errors
    /// [`BadContent`]: an escape is broken, or something is not UTF-8.
    pub fn of(octets: &'a [u8]) -> Result<Self, BadContent> {
        for pair in Pairs::of(octets) {
            for encoded in [Some(pair.name), pair.value].into_iter().flatten() {
                if !encoded.is_text() {
                    return Err(if encoded.is_well_formed() { BadContent::Text } else { BadContent::Escape });
                }
            }
        }
        Ok(Self { octets })
    }

    /// The value of the first pair of this name.
    pub fn value(&self, name: &str) -> Option<Cow<'a, str>> {
        self.values(name).next()
    }

    /// The values of all pairs of this name, in order.
    pub fn values<'n>(&self, name: &'n str) -> impl Iterator<Item = Cow<'a, str>> + use<'a, 'n> {
        Pairs::of(self.octets)
            .filter(move |pair| pair.name.is(name.as_bytes()))
            .map(|pair| pair.value.map(text).unwrap_or_default())
    }

    /// The pairs in order, duplicates kept. A pair without `=` has an empty value.
    pub fn pairs(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> + use<'a> {
        Pairs::of(self.octets).map(|pair| (text(pair.name), pair.value.map(text).unwrap_or_default()))
    }
}

/// A form of its own: what an `async` handler gets.
#[derive(Clone, Debug)]
pub struct OwnedForm {
    octets: Vec<u8>,
}

impl OwnedForm {
    /// The form as it lies in memory.
    pub fn view(&self) -> Form<'_> {
        Form { octets: &self.octets }
    }

    /// See [`Form::value`].
    pub fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.view().value(name)
    }

    /// See [`Form::values`].
    pub fn values<'n>(&self, name: &'n str) -> impl Iterator<Item = Cow<'_, str>> + use<'_, 'n> {
        self.view().values(name)
    }

    /// See [`Form::pairs`].
    pub fn pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> + use<'_> {
        self.view().pairs()
    }
}

/// What was found to be text.
fn text(encoded: Encoded<'_>) -> Cow<'_, str> {
    let octets = match encoded.plain() {
        Some(octets) => Cow::Borrowed(octets),
        None => encoded.decode().filter_map(Result::ok).collect(),
    };
    utf8(octets).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_text_or_none_at_all() {
        let form = Form::of(b"a=1&&b=%26%3D+x&a=2&caf\xc3\xa9=%C3%A9&e").unwrap();
        let pairs: Vec<_> = form.pairs().map(|(name, value)| format!("{name}:{value}")).collect();
        assert_eq!(pairs, ["a:1", "b:&= x", "a:2", "caf\u{e9}:\u{e9}", "e:"]);
        assert_eq!(form.values("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((form.value("e").as_deref(), form.value("f")), (Some(""), None));
        assert!(matches!(form.value("a"), Some(Cow::Borrowed("1"))), "it is not copied");
        assert_eq!(Form::of(b"").unwrap().pairs().count(), 0);

        let refused = [
            (&b"a=%"[..], BadContent::Escape),
            (b"a=%4", BadContent::Escape),
            (b"%zz=a", BadContent::Escape),
            (b"a=1&b=%ff%", BadContent::Escape),
            (b"a=%ff", BadContent::Text),
            (b"\xff", BadContent::Text),
            (b"a=%c3&b=%a9", BadContent::Text),
        ];
        for (octets, error) in refused {
            assert_eq!(Form::of(octets).map(drop), Err(error), "{}", octets.escape_ascii());
        }
    }
}
