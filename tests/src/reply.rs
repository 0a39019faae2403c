//! A strict reader of replies that knows nothing of pronto.

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Names in lower case, and values.
    pub fields: Vec<(String, String)>,
    /// The content, decoded.
    pub content: Vec<u8>,
    /// The fields of the trailer section: names in lower case, and values.
    pub trailers: Vec<(String, String)>,
}

impl Reply {
    /// The value of a field that occurs at most once.
    ///
    /// # Panics
    /// When it occurs twice.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(other, _)| other == name).map(|(_, value)| &**value);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} occurs twice");
        value
    }

    /// The content as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.content).unwrap()
    }
}

/// What requests a reply answers, as far as that shapes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// HEAD: no content follows.
    Head,
    /// Any other.
    Other,
}

/// Takes the reply that `octets` begin with, and says how long it is; `None` while it is not complete.
///
/// # Panics
/// When it is not a reply, to the letter: that is what the suites are for.
pub fn take(octets: &[u8], to: To) -> Option<(Reply, usize)> {
    let end = octets.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&octets[..end]).expect("a head is text");
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap();
    let (version, rest) = status_line.split_at(9);
    assert_eq!(version, "HTTP/1.1 ", "in {status_line:?}");
    assert_eq!(&rest[3..4], " ", "in {status_line:?}");
    let status: u16 = rest[..3].parse().expect("a status code");
    let mut reply = Reply { status, fields: lines.map(field).collect(), content: Vec::new(), trailers: Vec::new() };
    let start = end + 4;
    let bodiless = status < 200 || status == 204 || status == 304;
    let length = reply.field("content-length").map(|value| value.parse::<usize>().expect("a length"));
    if bodiless {
        assert_eq!((status == 304 || length.is_none(), reply.field("transfer-encoding")), (true, None), "{status}");
    } else {
        let coding = reply.field("transfer-encoding");
        assert!(length.is_some() != (coding == Some("chunked")), "a length or chunks in {head:?}");
    }
    if bodiless || to == To::Head {
        return Some((reply, start));
    }
    if length.is_none() {
        let mut at = start;
        loop {
            let line = line_at(octets, &mut at)?;
            assert!(!line.is_empty() && line.bytes().all(|octet| octet.is_ascii_hexdigit()), "a size: {line:?}");
            let size = usize::from_str_radix(line, 16).expect("a size that fits");
            if size == 0 {
                break;
            }
            reply.content.extend_from_slice(octets.get(at..at + size)?);
            assert_eq!(octets.get(at + size..at + size + 2)?, b"\r\n", "behind a chunk");
            at += size + 2;
        }
        loop {
            match line_at(octets, &mut at)? {
                "" => return Some((reply, at)),
                line => reply.trailers.push(field(line)),
            }
        }
    }
    let end = start + length.unwrap();
    reply.content = octets.get(start..end)?.to_vec();
    Some((reply, end))
}

/// The line that begins here, without its end.
fn line_at<'a>(octets: &'a [u8], at: &mut usize) -> Option<&'a str> {
    let length = octets[*at..].windows(2).position(|window| window == b"\r\n")?;
    let line = std::str::from_utf8(&octets[*at..*at + length]).expect("a line is text");
    *at += length + 2;
    Some(line)
}

/// A field line.
fn field(line: &str) -> (String, String) {
    let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("not a field: {line:?}"));
    assert!(!name.is_empty() && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-'));
    assert!(!line.contains(['\r', '\n', '\0']), "a control in {line:?}");
    (name.to_ascii_lowercase(), value.to_owned())
}

/// Takes all replies that `octets` hold, which must be nothing but replies. `heads` says which answer HEAD.
///
/// # Panics
/// When something else is there.
pub fn all(mut octets: &[u8], heads: impl Fn(usize) -> To) -> Vec<Reply> {
    let mut replies: Vec<Reply> = Vec::new();
    while !octets.is_empty() {
        let answered = replies.iter().filter(|reply| reply.status >= 200).count();
        let Some((reply, length)) = take(octets, heads(answered)) else {
            panic!("not a whole reply: {}", octets.escape_ascii());
        };
        octets = &octets[length..];
        replies.push(reply);
    }
    replies
}
