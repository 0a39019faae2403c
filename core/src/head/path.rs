use super::{Encoded, Request};

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
        Segments { rest: Some(self.0.strip_prefix('/').unwrap_or(self.0).as_bytes()) }
    }

    /// Whether every `%` begins an escape.
    pub fn is_well_formed(&self) -> bool {
        Encoded::path(self.0.as_bytes()).is_well_formed()
    }
}

impl<'a> Request<'a> {
    /// The path of the request target; none where the target has another form ([`Target::path`](super::Target::path)).
    pub fn path(&self) -> Option<Path<'a>> {
        self.target_form().ok()?.path()
    }
}

/// The segments of a [`Path`].
#[derive(Clone, Debug)]
pub struct Segments<'a> {
    /// What is behind the slash read last; none behind the last segment.
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Segments<'a> {
    type Item = Encoded<'a>;

    fn next(&mut self) -> Option<Encoded<'a>> {
        let rest = self.rest?;
        let (segment, behind) = match memchr::memchr(b'/', rest) {
            Some(slash) => (&rest[..slash], Some(&rest[slash + 1..])),
            None => (rest, None),
        };
        self.rest = behind;
        Some(Encoded::path(segment))
    }
}
