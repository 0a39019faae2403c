use core::fmt;

use crate::head::{Encoded, Path, escaped};

/// A pattern that paths are matched with, segment by segment.
///
/// `/users/{id}` has a placeholder, which stands for one whole segment that is not empty. `{{` and `}}` stand for braces
/// in literal segments. A path's segments are percent-decoded before they are compared, each by itself, so that `%2F`
/// never splits one. `/files/{*path}` has a tail: a last segment that stands for all that is left of the path, which may be
/// nothing or many segments.
///
/// ```
/// use pronto::service::Pattern;
///
/// assert!(Pattern::new("/users/{id}/files").is_ok());
/// assert_eq!(Pattern::new("/users/{id").unwrap_err().to_string(), "an opening brace without a closing one");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern<'p> {
    text: &'p str,
    /// How many octets at the front are neither braces nor `%`: a path without escapes must begin with the same.
    literal: usize,
}

/// Whether a path holds a `%`. It is found out when it is first needed, for all the patterns the path is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    Unknown,
    None,
    Some,
}

impl<'p> Pattern<'p> {
    /// The pattern of this text.
    ///
    /// # Errors
    /// [`PatternError`] says what is wrong with it.
    pub fn new(text: &'p str) -> Result<Self, PatternError> {
        if !text.starts_with('/') {
            return Err(PatternError::NoLeadingSlash);
        }
        let (mut rest, mut index) = (text, 0);
        while let Some(segment) = next_segment(&mut rest) {
            index += 1;
            let Some(found) = check_segment(segment)? else { continue };
            if found.is_tail && !rest.is_empty() {
                return Err(PatternError::TailNotLast);
            }
            let mut before = text;
            let mut earlier = core::iter::from_fn(|| next_segment(&mut before)).take(index - 1).filter_map(placeholder);
            if earlier.any(|other| other.name == found.name) {
                return Err(PatternError::RepeatedName);
            }
        }
        let literal = text.find(['{', '}', '%']).unwrap_or(text.len());
        Ok(Self { text, literal })
    }

    /// The text it was made of.
    pub const fn as_str(&self) -> &'p str {
        self.text
    }

    /// What the placeholders stand for in this path, or `None` where it does not match.
    #[inline]
    pub fn matches<'a>(&self, path: Path<'a>) -> Option<Params<'a>>
    where
        'p: 'a,
    {
        self.fits(path, &mut Escapes::Unknown).then(|| self.params(path))
    }

    /// Whether it matches, with what is known of this path's escapes.
    #[inline(always)]
    pub(super) fn fits(&self, path: Path<'_>, escapes: &mut Escapes) -> bool {
        let text = self.text.as_bytes();
        let octets = path.as_octets();
        // Of most patterns the length, or the literal front, tells that they do not match.
        match text.split_at_checked(self.literal) {
            None | Some((_, [])) => are_equal(text, octets) || escapes.are_in(octets) && octets_match(text, octets),
            Some((literal, rest)) => match octets.strip_prefix(literal) {
                Some(octets) => octets_match(rest, octets),
                None => escapes.are_in(octets) && octets_match(text, octets),
            },
        }
    }

    /// What the placeholders stand for in a path that it matches.
    #[inline]
    pub(super) const fn params<'a>(&self, path: Path<'a>) -> Params<'a>
    where
        'p: 'a,
    {
        Params { pattern: self.text, path: path.as_octets() }
    }
}

impl Escapes {
    #[inline(always)]
    fn are_in(&mut self, path: &[u8]) -> bool {
        if *self == Self::Unknown {
            *self = Self::of(path);
        }
        *self == Self::Some
    }

    #[inline(never)]
    fn of(path: &[u8]) -> Self {
        if memchr::memchr(b'%', path).is_some() { Self::Some } else { Self::None }
    }
}

/// What the placeholders of a pattern stand for in a path: looked up on demand, without memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Params<'a> {
    pattern: &'a str,
    path: &'a [u8],
}

impl<'a> Params<'a> {
    /// No placeholders.
    pub const NONE: Params<'static> = Params { pattern: "/", path: b"/" };

    /// The text of the pattern that matched: which route it was.
    pub const fn pattern(&self) -> &'a str {
        self.pattern
    }

    /// What the placeholder of this name stands for. What is broken in its escapes is told when it is decoded. A tail is
    /// decoded as a whole: where it matters which slashes were escaped, split [`Encoded::raw`] first.
    pub fn value(&self, name: &str) -> Option<Encoded<'a>> {
        self.iter().find(|&(other, _)| other == name).map(|(_, value)| value)
    }

    /// Names and what they stand for, in the order of the pattern.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Encoded<'a>)> + use<'a> {
        let (mut pattern, mut path) = (self.pattern, self.path);
        core::iter::from_fn(move || {
            loop {
                let expected = next_segment(&mut pattern)?;
                let rest = path.strip_prefix(b"/")?;
                let (segment, behind) = rest.split_at_checked(length_before(b'/', rest))?;
                path = behind;
                if let Some(Placeholder { name, is_tail }) = placeholder(expected) {
                    return Some((name, Encoded::path(if is_tail { rest } else { segment })));
                }
            }
        })
    }
}

/// [`Params::NONE`].
impl Default for Params<'_> {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Debug for Params<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().map(|(name, value)| (name, value.raw()));
        formatter.debug_map().entries(shown.map(|(name, raw)| (name, str::from_utf8(raw).unwrap_or_default()))).finish()
    }
}

/// What is wrong with the text of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PatternError {
    /// It does not begin with `/`.
    NoLeadingSlash,
    /// `{` that no `}` follows in its segment.
    UnclosedBrace,
    /// `}` that no `{` precedes in its segment.
    UnopenedBrace,
    /// A placeholder that is not the whole of its segment.
    PartOfSegment,
    /// A placeholder without a name.
    EmptyName,
    /// Two placeholders of one name.
    RepeatedName,
    /// A segment comes behind a tail, which takes them all.
    TailNotLast,
}

impl fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoLeadingSlash => "a pattern begins with a slash",
            Self::UnclosedBrace => "an opening brace without a closing one",
            Self::UnopenedBrace => "a closing brace without an opening one",
            Self::PartOfSegment => "a placeholder is not the whole of its segment",
            Self::EmptyName => "a placeholder has no name",
            Self::RepeatedName => "two placeholders have the same name",
            Self::TailNotLast => "a tail is not the last segment",
        })
    }
}

impl core::error::Error for PatternError {}

/// A segment of a pattern that stands for something else.
#[derive(Clone, Copy)]
struct Placeholder<'p> {
    name: &'p str,
    is_tail: bool,
}

/// The placeholder that the segment is, if it is one and nothing is wrong with it.
fn check_segment(segment: &str) -> Result<Option<Placeholder<'_>>, PatternError> {
    let mut characters = segment.chars().peekable();
    let mut placeholders = 0_usize;
    let mut literals = 0_usize;
    while let Some(character) = characters.next() {
        match character {
            '{' if characters.next_if_eq(&'{').is_some() => literals += 1,
            '{' => {
                placeholders += 1;
                if characters.next_if_eq(&'}').is_some() {
                    return Err(PatternError::EmptyName);
                }
                // To the closing brace; a brace in a name is none.
                if characters.by_ref().find(|&other| other == '}' || other == '{') != Some('}') {
                    return Err(PatternError::UnclosedBrace);
                }
            }
            '}' if characters.next_if_eq(&'}').is_some() => literals += 1,
            '}' => return Err(PatternError::UnopenedBrace),
            _ => literals += 1,
        }
    }
    match (placeholders, literals) {
        (0, _) => Ok(None),
        (1, 0) => match placeholder(segment) {
            Some(Placeholder { name: "", .. }) => Err(PatternError::EmptyName),
            found => Ok(found),
        },
        _ => Err(PatternError::PartOfSegment),
    }
}

/// Whether a path, or what is left of one, is what a pattern that was checked, or what is left of it, stands for.
///
/// Each octet of a path is decoded by itself, so a slash that was escaped is no slash of the pattern's.
#[inline(never)]
fn octets_match(mut pattern: &[u8], mut path: &[u8]) -> bool {
    loop {
        let expected = match *pattern {
            [] => return path.is_empty(),
            [octet @ b'{', b'{', ref rest @ ..] | [octet @ b'}', b'}', ref rest @ ..] => {
                pattern = rest;
                octet
            }
            [b'{', b'*', ..] => return true,
            [b'{', ..] => {
                let (name, value) = (length_before(b'}', pattern), length_before(b'/', path));
                if value == 0 {
                    return false;
                }
                pattern = pattern.get(name + 1..).unwrap_or_default();
                path = path.get(value..).unwrap_or_default();
                continue;
            }
            [octet, ref rest @ ..] => {
                pattern = rest;
                octet
            }
        };
        let length = match *path {
            [b'%', ..] if expected != b'/' && escaped(path) == Some(expected) => 3,
            [octet, ..] if octet != b'%' && octet == expected => 1,
            _ => return false,
        };
        path = path.get(length..).unwrap_or_default();
    }
}

/// Whether two texts are equal. Most paths are so short that a call would cost more than the look.
#[inline(always)]
fn are_equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && match (one.first_chunk::<8>(), one.last_chunk::<8>(), other.first_chunk::<8>(), other.last_chunk::<8>()) {
            // Two words that overlap.
            (Some(first), Some(last), Some(other_first), Some(other_last)) if one.len() <= 16 => {
                first == other_first && last == other_last
            }
            (None, ..) => one.iter().zip(other).all(|(octet, other)| octet == other),
            _ => one == other,
        }
}

/// How many octets come before the first of this value, or at all. Names and segments are short.
fn length_before(end: u8, octets: &[u8]) -> usize {
    octets.iter().position(|&octet| octet == end).unwrap_or(octets.len())
}

/// Takes the next segment off the front, the slash before it included.
fn next_segment<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let segment = rest.strip_prefix('/')?;
    let (segment, behind) = segment.split_at_checked(length_before(b'/', segment.as_bytes()))?;
    *rest = behind;
    Some(segment)
}

/// The placeholder that a segment is that was checked.
fn placeholder(segment: &str) -> Option<Placeholder<'_>> {
    let name = segment.strip_prefix('{')?.strip_suffix('}').filter(|name| !name.starts_with('{'))?;
    Some(match name.strip_prefix('*') {
        Some(name) => Placeholder { name, is_tail: true },
        None => Placeholder { name, is_tail: false },
    })
}
