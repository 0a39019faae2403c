use super::{EntityTag, Method, RangeRequest, Request, date::parse_date, entity_tag::EntityTags};

/// What tells the versions of a representation apart: what conditional requests are compared with (RFC 9110 8.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Validators<'a> {
    /// Its entity tag, where it has one.
    pub entity_tag: Option<EntityTag<'a>>,
    /// When it was last modified, in seconds since 1970, where that is known.
    pub modified: Option<i64>,
}

/// What the conditions of a request say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub enum Condition {
    /// It has none, or they hold: it is to be done.
    Met,
    /// The client has this representation already: 304, with what a GET would be told of it beside its content (RFC 9110
    /// 15.4.5).
    NotModified,
    /// The representation is not the one that the client has in mind: 412.
    Failed,
}

/// Conditions, and what depends on them. `now`, in seconds since 1970, is needed to read dates.
impl<'a> Request<'a> {
    /// Compares If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since with a representation that exists, in this
    /// order (RFC 9110 13.2.2). Ask where a request without conditions would succeed.
    ///
    /// ```
    /// # use pronto::head::{FieldSpan, Progress, RequestHead};
    /// use pronto::head::{Condition, EntityTag, Validators};
    ///
    /// # let input = b"GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"6\", \"7\"\r\n\r\n";
    /// # let mut fields = [FieldSpan::EMPTY; 16];
    /// # let Progress::Complete(head) = RequestHead::parse(input, &mut fields)? else { panic!() };
    /// # let request = head.view(input, &fields);
    /// let validators = Validators { entity_tag: EntityTag::parse(b"\"7\""), modified: None };
    /// // The client has said: If-None-Match: "6", "7"
    /// assert_eq!(request.condition(&validators, 1_800_000_000), Condition::NotModified);
    /// # Ok::<(), pronto::head::HeadError>(())
    /// ```
    pub fn condition(&self, validators: &Validators<'_>, now: u64) -> Condition {
        let is_read = matches!(self.method(), Method::Get | Method::Head);
        if self.field("if-match").is_some() {
            if !self.names_tag("if-match", validators, EntityTag::matches_strongly) {
                return Condition::Failed;
            }
        } else if let Some(limit) = self.date("if-unmodified-since", now)
            && validators.modified.is_some_and(|modified| modified > limit)
        {
            return Condition::Failed;
        }
        if self.field("if-none-match").is_some() {
            if self.names_tag("if-none-match", validators, EntityTag::matches_weakly) {
                return if is_read { Condition::NotModified } else { Condition::Failed };
            }
        } else if is_read
            && let Some(known) = self.date("if-modified-since", now)
            && validators.modified.is_some_and(|modified| modified <= known)
        {
            return Condition::NotModified;
        }
        Condition::Met
    }

    /// The part of a representation of this length that a GET asks for, if it asks for a single one (RFC 9110 14.2), and
    /// If-Range permits it. Everything else may be answered with the whole, and is. Ask where the
    /// [conditions](Self::condition) are met and the reply would be 200.
    ///
    /// ```
    /// # use pronto::head::{FieldSpan, Progress, RequestHead};
    /// use pronto::head::{RangeRequest, Validators};
    ///
    /// # let input = b"GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=10-\r\n\r\n";
    /// # let mut fields = [FieldSpan::EMPTY; 16];
    /// # let Progress::Complete(head) = RequestHead::parse(input, &mut fields)? else { panic!() };
    /// # let request = head.view(input, &fields);
    /// // The client has said: Range: bytes=10-
    /// assert_eq!(request.range(25, &Validators::default(), 1_800_000_000), RangeRequest::Part(10..25));
    /// # Ok::<(), pronto::head::HeadError>(())
    /// ```
    pub fn range(&self, length: u64, validators: &Validators<'_>, now: u64) -> RangeRequest {
        match self.only("range") {
            Some(range) if self.method() == Method::Get && self.permits_range(validators, now) => {
                RangeRequest::parse(range, length)
            }
            _ => RangeRequest::Whole,
        }
    }

    /// Whether the list of this name is `*`, or has a tag in it that matches.
    fn names_tag(
        &self,
        name: &str,
        validators: &Validators<'_>,
        matches: fn(EntityTag<'a>, EntityTag<'_>) -> bool,
    ) -> bool {
        if self.only(name) == Some(b"*") {
            return true;
        }
        let Some(current) = validators.entity_tag else { return false };
        self.fields_named(name).flat_map(EntityTags::of).any(|tag| matches(tag, current))
    }

    /// Whether a part of the representation is of use to the client (RFC 9110 13.1.5): only if all of it is the same as
    /// what it has.
    fn permits_range(&self, validators: &Validators<'_>, now: u64) -> bool {
        if self.field("if-range").is_none() {
            return true;
        }
        let Some(value) = self.only("if-range") else { return false };
        match (EntityTag::parse(value), validators) {
            (Some(tag), Validators { entity_tag: Some(current), .. }) => tag.matches_strongly(*current),
            // Within the second in which it was modified, it may be again (RFC 9110 8.8.2.2).
            (None, Validators { modified: Some(modified), .. }) => {
                parse_date(value, now) == Some(*modified) && i64::try_from(now).is_ok_and(|now| *modified < now)
            }
            _ => false,
        }
    }

    /// The date of this name, unless it is none.
    fn date(&self, name: &str, now: u64) -> Option<i64> {
        parse_date(self.only(name)?, now)
    }

    /// The value of the field of this name, unless there are several.
    fn only(&self, name: &str) -> Option<&'a [u8]> {
        let mut values = self.fields_named(name);
        values.next().filter(|_| values.next().is_none())
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::head::{FieldSpan, Progress, RequestHead};

    /// 2026-11-23 23:06:40.
    const NOW: u64 = 1_795_475_200;

    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const EXACTLY: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const AFTER: &str = "Sunday, 06-Nov-94 08:49:38 GMT";

    type Fields<'a> = [(&'a str, &'a str)];

    fn with<T>(method: &str, fields: &Fields<'_>, look: impl FnOnce(&Request<'_>) -> T) -> T {
        let fields: alloc::string::String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let input = format!("{method} / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        let mut spans = [FieldSpan::EMPTY; 16];
        let Ok(Progress::Complete(head)) = RequestHead::parse(input.as_bytes(), &mut spans) else { panic!("{input}") };
        look(&head.view(input.as_bytes(), &spans))
    }

    #[test]
    fn conditions_are_looked_at_in_their_order() {
        use Condition::{Failed, Met, NotModified};
        let (none, since) = ("If-None-Match", "If-Modified-Since");
        let (matched, unmodified) = ("If-Match", "If-Unmodified-Since");
        let cases: &[(&str, &Fields<'_>, Condition)] = &[
            ("GET", &[], Met),
            ("GET", &[(matched, "\"7\"")], Met),
            ("GET", &[(matched, "*")], Met),
            ("GET", &[(matched, "\"6\"")], Failed),
            ("GET", &[(matched, "W/\"7\"")], Failed),
            ("GET", &[(matched, "\"6\", \"7\"")], Met),
            ("GET", &[(matched, "\"6\""), (matched, "\"7\"")], Met),
            ("GET", &[(matched, "*"), (matched, "\"6\"")], Failed),
            ("GET", &[(matched, "7")], Failed),
            ("GET", &[(matched, "")], Failed),
            ("PUT", &[(matched, "\"6\"")], Failed),
            // If-Unmodified-Since counts only without If-Match.
            ("GET", &[(unmodified, BEFORE)], Failed),
            ("GET", &[(unmodified, EXACTLY)], Met),
            ("GET", &[(unmodified, AFTER)], Met),
            ("GET", &[(unmodified, "yesterday")], Met),
            ("GET", &[(unmodified, BEFORE), (unmodified, BEFORE)], Met),
            ("GET", &[(unmodified, BEFORE), (matched, "\"7\"")], Met),
            ("GET", &[(none, "\"7\"")], NotModified),
            ("HEAD", &[(none, "W/\"7\"")], NotModified),
            ("PUT", &[(none, "\"7\"")], Failed),
            ("GET", &[(none, "*")], NotModified),
            ("PUT", &[(none, "*")], Failed),
            ("GET", &[(none, "\"6,\\\", W/\"7\"")], NotModified),
            ("GET", &[(none, "\"6\"")], Met),
            ("GET", &[(none, "\"6\""), (none, "\"8\", \"7\"")], NotModified),
            ("GET", &[(none, "7, garbage")], Met),
            ("GET", &[(matched, "\"7\""), (none, "\"7\"")], NotModified),
            ("GET", &[(matched, "\"6\""), (none, "\"7\"")], Failed),
            ("GET", &[(unmodified, BEFORE), (none, "\"7\"")], Failed),
            // If-Modified-Since counts only without If-None-Match, and only for what reads.
            ("GET", &[(since, BEFORE)], Met),
            ("GET", &[(since, EXACTLY)], NotModified),
            ("HEAD", &[(since, AFTER)], NotModified),
            ("PUT", &[(since, AFTER)], Met),
            ("GET", &[(since, "tomorrow")], Met),
            ("GET", &[(since, AFTER), (since, AFTER)], Met),
            ("GET", &[(since, AFTER), (none, "\"6\"")], Met),
            ("GET", &[(since, BEFORE), (none, "\"7\"")], NotModified),
            ("GET", &[(since, AFTER), (matched, "\"7\"")], NotModified),
        ];
        let validators = Validators { entity_tag: EntityTag::parse(b"\"7\""), modified: Some(784_111_777) };
        for (method, fields, expected) in cases {
            let condition = with(method, fields, |request| request.condition(&validators, NOW));
            assert_eq!(condition, *expected, "{method} {fields:?}");
        }
    }

    #[test]
    fn what_has_no_validators_is_only_there() {
        let cases = [
            ("If-Match", "*", Condition::Met),
            ("If-Match", "\"7\"", Condition::Failed),
            ("If-None-Match", "*", Condition::NotModified),
            ("If-None-Match", "\"7\"", Condition::Met),
            ("If-Modified-Since", AFTER, Condition::Met),
            ("If-Unmodified-Since", BEFORE, Condition::Met),
        ];
        for (name, value, expected) in cases {
            let condition = with("GET", &[(name, value)], |request| request.condition(&Validators::default(), NOW));
            assert_eq!(condition, expected, "{name}: {value}");
        }
    }

    #[test]
    fn a_range_is_for_a_get_of_what_has_not_changed() {
        let part = RangeRequest::Part(0..5);
        let whole = RangeRequest::Whole;
        let range = ("Range", "bytes=0-4");
        let cases: &[(&str, &Fields<'_>, &RangeRequest)] = &[
            ("GET", &[range], &part),
            ("HEAD", &[range], &whole),
            ("POST", &[range], &whole),
            ("GET", &[range, range], &whole),
            ("GET", &[("If-Range", "\"7\"")], &whole),
            ("GET", &[range, ("If-Range", "\"7\"")], &part),
            ("GET", &[range, ("If-Range", "W/\"7\"")], &whole),
            ("GET", &[range, ("If-Range", "\"6\"")], &whole),
            ("GET", &[range, ("If-Range", "\"6\", \"7\"")], &whole),
            ("GET", &[range, ("If-Range", "\"7\""), ("If-Range", "\"7\"")], &whole),
            ("GET", &[range, ("If-Range", EXACTLY)], &part),
            ("GET", &[range, ("If-Range", BEFORE)], &whole),
            ("GET", &[range, ("If-Range", AFTER)], &whole),
            ("GET", &[range, ("If-Range", "")], &whole),
        ];
        let validators = Validators { entity_tag: EntityTag::parse(b"\"7\""), modified: Some(784_111_777) };
        for (method, fields, expected) in cases {
            let asked = with(method, fields, |request| request.range(10, &validators, NOW));
            assert_eq!(asked, **expected, "{method} {fields:?}");
        }
        let asked = with("GET", &[range, ("If-Range", EXACTLY)], |request| request.range(10, &validators, 784_111_777));
        assert_eq!(asked, whole, "it may be modified again within this second");
        let weak = Validators { entity_tag: EntityTag::parse(b"W/\"7\""), modified: None };
        let asked = with("GET", &[range, ("If-Range", "W/\"7\"")], |request| request.range(10, &weak, NOW));
        assert_eq!(asked, whole);
    }
}
