use core::str::Split;

use super::Encoded;

/// The path of a request target, as it was sent.
///
/// It is read by segments, each of which is decoded once and by itself: `%2F` never splits one. Dot segments are
/// segments like others; who maps paths to anything that knows `..` must look out for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path<'a>(&'a str);

impl<'a> Path<'a> {
    /// `/`
    pub const ROOT: Path<'static> = Path("/");

    pub(super) const fn new(path: &'a str) -> Self {
        Self(path)
    }

    /// The path as it was sent. It begins with `/`.
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// What stands between the slashes behind the first: at least one segment, which may be empty.
    ///
    /// ```
    /// use pronto::head::{Method, Target};
    ///
    /// let path = Target::parse("/a%2Fb/c%20d/", Method::Get)?.path().unwrap();
    /// let segments: Vec<_> = path.segments().map(|segment| segment.to_string()).collect();
    /// assert_eq!(segments, ["a/b", "c d", ""]);
    /// # Ok::<(), pronto::head::TargetError>(())
    /// ```
    pub fn segments(&self) -> Segments<'a> {
        Segments(self.0.strip_prefix('/').unwrap_or(self.0).split('/'))
    }

    /// Whether every `%` begins an escape.
    pub fn is_well_formed(&self) -> bool {
        Encoded::path(self.0.as_bytes()).is_well_formed()
    }
}

/// The segments of a [`Path`].
#[derive(Clone, Debug)]
pub struct Segments<'a>(Split<'a, char>);

impl<'a> Iterator for Segments<'a> {
    type Item = Encoded<'a>;

    fn next(&mut self) -> Option<Encoded<'a>> {
        self.0.next().map(|segment| Encoded::path(segment.as_bytes()))
    }
}
