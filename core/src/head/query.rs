use super::{Encoded, Pairs, Request};

/// The query of a request target, as it was sent: read as pairs, which are split first and decoded afterwards.
///
/// ```
/// use pronto::head::{Method, Target};
///
/// let query = Target::parse("/?q=a+b&q=c%26d&flag&=x", Method::Get)?.query().unwrap();
/// let pairs: Vec<_> = query.pairs().map(|pair| format!("{}:{:?}", pair.name, pair.value.map(|value| value.to_string()))).collect();
/// assert_eq!(pairs, [r#"q:Some("a b")"#, r#"q:Some("c&d")"#, "flag:None", r#":Some("x")"#]);
/// # Ok::<(), pronto::head::TargetError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    pub(super) const fn new(query: &'a str) -> Self {
        Self(query)
    }

    /// The query as it was sent, without the `?`.
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// The pairs in order, duplicates kept. Nothing between two `&` is no pair.
    pub const fn pairs(&self) -> Pairs<'a> {
        Pairs::of(self.0.as_bytes())
    }

    /// The value of the first pair of this name: `None` where there is none, `Some(None)` where it has no `=`.
    pub fn value(&self, name: &str) -> Option<Option<Encoded<'a>>> {
        self.pairs().find(|pair| pair.name.is(name.as_bytes())).map(|pair| pair.value)
    }
}

impl<'a> Request<'a> {
    /// The query of the request target: `None` without a `?`, which differs from an empty query.
    pub fn query(&self) -> Option<Query<'a>> {
        self.target_form().ok()?.query()
    }

    /// The pairs of the query, none where there is no query.
    pub fn query_pairs(&self) -> Pairs<'a> {
        self.query().unwrap_or(Query("")).pairs()
    }
}
