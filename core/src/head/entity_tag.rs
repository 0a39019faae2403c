use core::fmt;

/// A name for one version of a representation (RFC 9110 8.8.3). Two that are the same and strong stand for the same octets.
///
/// ```abnf
/// entity-tag = [ weak ] opaque-tag
/// weak       = %s"W/"
/// opaque-tag = DQUOTE *etagc DQUOTE
/// etagc      = %x21 / %x23-7E / obs-text
/// ```
///
/// ```
/// use pronto::head::EntityTag;
///
/// let (strong, weak) = (EntityTag::parse(b"\"7\"").unwrap(), EntityTag::parse(b"W/\"7\"").unwrap());
/// assert!(weak.matches_weakly(strong) && !weak.matches_strongly(strong));
/// assert_eq!(EntityTag::parse(b"7"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EntityTag<'a> {
    is_weak: bool,
    /// What stands between the quotes.
    opaque: &'a [u8],
}

impl<'a> EntityTag<'a> {
    /// The tag that these octets are, quotes included; `None` where they are none.
    pub const fn parse(octets: &'a [u8]) -> Option<Self> {
        match Self::split(octets) {
            Some((tag, [])) => Some(tag),
            _ => None,
        }
    }

    /// Whether both are strong, and the same (RFC 9110 8.8.3.2).
    pub fn matches_strongly(self, other: EntityTag<'_>) -> bool {
        !self.is_weak && !other.is_weak && self.opaque == other.opaque
    }

    /// Whether they are the same but for being weak.
    pub fn matches_weakly(self, other: EntityTag<'_>) -> bool {
        self.opaque == other.opaque
    }

    /// The tag at the front, and what stands behind it.
    const fn split(octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (is_weak, [b'"', rest @ ..]) = (match octets {
            [b'W', b'/', rest @ ..] => (true, rest),
            _ => (false, octets),
        }) else {
            return None;
        };
        let mut length = 0;
        while let Some((opaque, [octet, behind @ ..])) = rest.split_at_checked(length) {
            match octet {
                b'"' => return Some((Self { is_weak, opaque }, behind)),
                // A backslash stands for itself.
                0x21 | 0x23..=0x7e | 0x80.. => length += 1,
                _ => return None,
            }
        }
        None
    }
}

impl fmt::Debug for EntityTag<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\"{}\"", if self.is_weak { "W/" } else { "" }, self.opaque.escape_ascii())
    }
}

/// The tags of a list. What is none is left out, up to the next comma.
#[derive(Clone, Debug)]
pub(super) struct EntityTags<'a> {
    rest: &'a [u8],
}

impl<'a> EntityTags<'a> {
    pub(super) const fn of(value: &'a [u8]) -> Self {
        Self { rest: value }
    }
}

impl<'a> Iterator for EntityTags<'a> {
    type Item = EntityTag<'a>;

    fn next(&mut self) -> Option<EntityTag<'a>> {
        while !self.rest.is_empty() {
            self.rest = without_leading_space(self.rest);
            let (tag, behind) = match EntityTag::split(self.rest) {
                Some((tag, behind)) => (Some(tag), without_leading_space(behind)),
                None => (None, self.rest),
            };
            let comma = memchr::memchr(b',', behind).unwrap_or(behind.len());
            self.rest = behind.get(comma + 1..).unwrap_or_default();
            if comma == 0 && tag.is_some() {
                return tag;
            }
        }
        None
    }
}

const fn without_leading_space(mut octets: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = octets {
        octets = rest;
    }
    octets
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String, vec::Vec};

    use super::*;

    #[test]
    fn lists_of_tags_are_split_where_no_tag_has_a_comma() {
        let cases = [
            ("", ""),
            (r#""a""#, r#""a""#),
            (r#" "a" ,W/"b"	,, "" "#, r#""a" W/"b" """#),
            (r#""a,b", "c""#, r#""a,b" "c""#),
            (r#""a\", "b""#, r#""a\\" "b""#),
            (r#"a, "b", w/"c", "d"e, "f" "g", "h""#, r#""b" "h""#),
            (r#""a b", "c""#, r#""c""#),
            (r#""never ends, "b""#, r#""b""#),
            (r#""never-ends"#, ""),
            (r#""x", *, W/"#, r#""x""#),
        ];
        for (value, expected) in cases {
            let tags: Vec<String> = EntityTags::of(value.as_bytes()).map(|tag| format!("{tag:?}")).collect();
            assert_eq!(tags.join(" "), expected, "{value}");
        }
    }
}
