use core::fmt;

use crate::head::{Encoded, Path};

/// A pattern that paths are matched with, segment by segment.
///
/// `/users/{id}` has a placeholder, which stands for one whole segment that is not empty. `{{` and `}}` stand for braces
/// in literal segments. A path's segments are percent-decoded before they are compared, each by itself, so that `%2F`
/// never splits one.
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
    /// Neither placeholders nor escapes: paths may be compared as they stand.
    plain: bool,
}

impl<'p> Pattern<'p> {
    /// The pattern of this text.
    ///
    /// # Errors
    /// [`PatternError`] says what is wrong with it.
    pub fn new(text: &'p str) -> Result<Self, PatternError> {
        let Some(segments) = text.strip_prefix('/') else { return Err(PatternError::NoLeadingSlash) };
        for (index, segment) in segments.split('/').enumerate() {
            if let Some(name) = check_segment(segment)? {
                let earlier = segments.split('/').take(index).filter_map(placeholder);
                if earlier.into_iter().any(|other| other == name) {
                    return Err(PatternError::RepeatedName);
                }
            }
        }
        let plain = !text.contains(['{', '}', '%']);
        Ok(Self { text, plain })
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
        let params = Params { pattern: self.text, path: path.as_str() };
        if self.plain {
            if path.as_str() == self.text {
                return Some(params);
            }
            if !path.as_str().contains('%') {
                return None;
            }
        }
        self.matches_segments(path).then_some(params)
    }

    fn matches_segments(&self, path: Path<'_>) -> bool {
        let mut segments = path.segments();
        for expected in pattern_segments(self.text) {
            let Some(segment) = segments.next() else { return false };
            let matches = match placeholder(expected) {
                Some(_) => !segment.raw().is_empty(),
                None => segment.is_from(unescaped(expected)),
            };
            if !matches {
                return false;
            }
        }
        segments.next().is_none()
    }
}

/// What the placeholders of a pattern stand for in a path: looked up on demand, without memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Params<'a> {
    pattern: &'a str,
    path: &'a str,
}

impl<'a> Params<'a> {
    /// No placeholders.
    pub const NONE: Params<'static> = Params { pattern: "/", path: "/" };

    /// What the placeholder of this name stands for.
    pub fn value(&self, name: &str) -> Option<Encoded<'a>> {
        self.iter().find(|&(other, _)| other == name).map(|(_, value)| value)
    }

    /// Names and what they stand for, in the order of the pattern.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Encoded<'a>)> + use<'a> {
        pattern_segments(self.pattern)
            .zip(pattern_segments(self.path))
            .filter_map(|(expected, segment)| Some((placeholder(expected)?, Encoded::path(segment.as_bytes()))))
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
        })
    }
}

impl core::error::Error for PatternError {}

/// The name of the placeholder that the segment is, if it is one and nothing is wrong with it.
fn check_segment(segment: &str) -> Result<Option<&str>, PatternError> {
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
        (1, 0) => Ok(placeholder(segment)),
        _ => Err(PatternError::PartOfSegment),
    }
}

fn pattern_segments(text: &str) -> core::str::Split<'_, char> {
    text.strip_prefix('/').unwrap_or(text).split('/')
}

/// The name, where a segment that was checked is a placeholder.
fn placeholder(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}').filter(|name| !name.starts_with('{'))
}

/// The octets of a literal segment, its braces single again.
fn unescaped(segment: &str) -> impl Iterator<Item = u8> {
    let mut octets = segment.bytes();
    core::iter::from_fn(move || {
        let octet = octets.next()?;
        if octet == b'{' || octet == b'}' {
            octets.next();
        }
        Some(octet)
    })
}
