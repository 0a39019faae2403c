use core::fmt;

use super::{Encoded, Request};

/// The path of a request target, as it was sent.
///
/// It is read by segments, each of which is decoded once and by itself: `%2F` never splits one. Dot segments are
/// segments like others; who maps paths to anything that knows `..` must look out for them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Path<'a>(&'a [u8]);

impl<'a> Path<'a> {
    /// `/`
    pub const ROOT: Path<'static> = Path(b"/");

    /// The path of these octets, which a target may hold: they are ASCII.
    pub(super) const fn new(path: &'a [u8]) -> Self {
        Self(path)
    }

    /// The path as it was sent. It begins with `/`.
    pub fn as_str(&self) -> &'a str {
        str::from_utf8(self.0).unwrap_or_default()
    }

    /// The same, not as text.
    pub const fn as_octets(&self) -> &'a [u8] {
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
        Segments { rest: Some(self.0.strip_prefix(b"/").unwrap_or(self.0)) }
    }

    /// Whether every `%` begins an escape.
    pub fn is_well_formed(&self) -> bool {
        Encoded::path(self.0).is_well_formed()
    }
}

impl fmt::Debug for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(formatter)
    }
}

impl<'a> Request<'a> {
    /// The path of the request target; none where the target has another form ([`Target::path`](super::Target::path)).
    #[inline(always)]
    pub fn path(&self) -> Option<Path<'a>> {
        let target = self.target_octets();
        // What nearly all requests have needs no look at the other forms.
        if target.first() == Some(&b'/') && !self.is_connect() {
            return Some(Path::new(before_query(target)));
        }
        self.path_of_other_form()
    }

    #[inline(never)]
    fn path_of_other_form(&self) -> Option<Path<'a>> {
        self.target_form().ok()?.path()
    }
}

/// What comes before the first `?`.
#[inline(always)]
fn before_query(target: &[u8]) -> &[u8] {
    let mark = match (target.first_chunk(), target.last_chunk()) {
        // Most targets are too short for a search by vectors to be worth its start: two words that overlap.
        (Some(first), Some(last)) if target.len() <= 16 => {
            first_mark(*first).or_else(|| Some(target.len() - 8 + first_mark(*last)?))
        }
        (None, _) => target.iter().position(|&octet| octet == b'?'),
        _ => memchr::memchr(b'?', target),
    };
    mark.and_then(|mark| target.get(..mark)).unwrap_or(target)
}

/// The place of the first `?`.
#[inline(always)]
const fn first_mark(octets: [u8; 8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    // Octets that are `?` become zero. Of these, the first is where the first borrow takes a high bit that was not set.
    let others = u64::from_le_bytes(octets) ^ (ONES * b'?' as u64);
    match others.wrapping_sub(ONES) & !others & (ONES << 7) {
        0 => None,
        zeros => Some(zeros.trailing_zeros() as usize / 8),
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_query_begins_at_the_first_mark_wherever_it_is() {
        for length in 0..40 {
            for filling in [b'a', b'>', b'@', 0xbf, 0xff, 0] {
                let mut target = vec![filling; length];
                assert_eq!(before_query(&target), target);
                for mark in (0..length).rev() {
                    // Later ones stay, and are not looked at.
                    target[mark] = b'?';
                    assert_eq!(before_query(&target), &target[..mark]);
                }
            }
        }
    }
}
