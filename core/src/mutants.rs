//! Messages that are nearly right: requests and responses made at random, and a few octets of them changed for those that
//! readers trip over. The same seed makes the same messages.

use alloc::{format, string::String, vec::Vec};

/// A source of messages, and of the numbers they are made by.
#[derive(Clone, Debug)]
pub(crate) struct Mutants(u64);

impl Mutants {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound` (SplitMix64, which is as even as a test needs).
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % bound as u64) as usize
    }

    pub(crate) fn one_of<'t, T: ?Sized>(&mut self, choices: &[&'t T]) -> &'t T {
        choices[self.below(choices.len())]
    }

    /// A request head that is right, with octets behind it: usually with plain lines, sometimes with unusual ones.
    pub(crate) fn request(&mut self) -> Vec<u8> {
        let mut octets = b"\r\n".repeat(self.below(12).saturating_sub(9));
        let method = self.one_of(METHODS);
        let target = match self.below(4) {
            0 => self.one_of(TARGETS).into(),
            1 => format!("/{}", "p".repeat(self.below(70))),
            2 => format!("/{}?{}", "path/".repeat(self.below(30)), "q=1&".repeat(self.below(10))),
            _ => String::from("/"),
        };
        let version = if self.below(4) == 0 { self.one_of(&["1.0", "1.2", "1.9"]) } else { "1.1" };
        octets.extend_from_slice(format!("{method} {target} HTTP/{version}\r\n").as_bytes());
        self.put_fields(&mut octets);
        octets
    }

    /// The same of a response.
    pub(crate) fn response(&mut self) -> Vec<u8> {
        let mut octets = b"\r\n".repeat(self.below(12).saturating_sub(9));
        octets.extend_from_slice(self.one_of(STATUS_LINES));
        self.put_fields(&mut octets);
        octets
    }

    /// The same without a first line.
    pub(crate) fn section(&mut self) -> Vec<u8> {
        let mut octets = Vec::new();
        self.put_fields(&mut octets);
        octets
    }

    /// Changes one to four octets, or pieces of a few.
    pub(crate) fn mutate(&mut self, octets: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(octets.len() + 1);
            let octet = NASTY[self.below(NASTY.len())];
            match self.below(8) {
                0..3 if at < octets.len() => octets[at] = octet,
                3 | 4 => octets.insert(at, octet),
                5 if at < octets.len() => drop(octets.remove(at)),
                6 => drop(octets.splice(at..at, self.one_of(TEXTS).iter().copied())),
                _ => {
                    let end = octets.len().min(at + self.below(40));
                    let again = octets[at..end].to_vec();
                    octets.splice(at..at, again);
                }
            }
        }
    }

    /// Places at which to cut so many octets, in order.
    pub(crate) fn cuts(&mut self, length: usize) -> Vec<usize> {
        let mut cuts: Vec<_> = (0..self.below(4)).map(|_| self.below(length + 1)).collect();
        cuts.sort_unstable();
        cuts
    }

    fn put_fields(&mut self, octets: &mut Vec<u8>) {
        // Of few heads all lines are usual; of the others, some.
        let usual = self.below(3) == 0;
        let count = match self.below(8) {
            0 => 0,
            1 => self.below(80),
            _ => self.below(12),
        };
        for _ in 0..count {
            self.put_name(octets, usual);
            octets.push(b':');
            if usual {
                octets.push(b' ');
                octets.extend_from_slice(self.one_of(USUAL_VALUES));
            } else {
                octets.extend_from_slice(self.one_of(BLANKS));
                let values = if self.below(2) == 0 { USUAL_VALUES } else { UNUSUAL_VALUES };
                octets.extend_from_slice(self.one_of(values));
                octets.extend_from_slice(self.one_of(BLANKS));
            }
            octets.extend_from_slice(b"\r\n");
        }
        octets.extend_from_slice(b"\r\n");
        octets.extend_from_slice(self.one_of(BEHIND));
    }

    fn put_name(&mut self, octets: &mut Vec<u8>, usual: bool) {
        let start = octets.len();
        if usual || self.below(4) > 0 {
            octets.extend_from_slice(self.one_of(NAMES).as_bytes());
        } else {
            let length = self.one_of(&[&1_usize, &2, &30, &31, &32, &33, &34, &63, &64, &65, &130]);
            octets.resize(start + length, b'n');
        }
        for octet in &mut octets[start..] {
            if self.below(3) == 0 {
                *octet ^= if octet.is_ascii_alphabetic() { 0x20 } else { 0 };
            }
        }
    }
}

/// Octets that end, separate, quote or mean something, or are at the edge of a class.
const NASTY: &[u8] =
    b"\r\r\n\n\t  ::\0;,=\"\\/*#%?@[]{}()0159afgxAFGHTz-+_.~\x01\x08\x0b\x0c\x1b\x1f\x7f\x80\x8d\x8a\xa0\xff";

/// What changes the meaning of what is around it.
const TEXTS: &[&[u8]] = &[
    b"\r\n",
    b"\r\n\r\n",
    b"\r\n ",
    b"\r\n\t",
    b"\n\n",
    b"\r\r\n",
    b" : ",
    b" HTTP/1.1",
    b" HTTP/1.1\r\n",
    b"Host: b\r\n",
    b"\r\nHost: b",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"\xff\xff\xff",
    b"\t\t\t",
    b"#",
    b"\0",
];

const METHODS: &[&str] = &[
    "GET",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "get",
    "A#B",
    "GET#",
    "M-SEARCH",
    "LONG-METHOD-OF-MORE-THAN-THIRTY-TWO-OCTETS",
    "GETS",
    "GE",
    "!",
];

const TARGETS: &[&str] = &[
    "*",
    "a:443",
    "http://a.b:80/c?d",
    "/",
    "/\"<>\\^`{|}",
    "/a/very/long/path/that/takes/more/than/the/first/block/of/sixty-four/octets/of/the/input",
];

const STATUS_LINES: &[&[u8]] = &[
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 404 Not Found\r\n",
    b"HTTP/1.0 304 \r\n",
    b"HTTP/1.1 999\r\n",
    b"HTTP/1.9 100 A reason of more than thirty-two octets, and of more than sixty-four, too\r\n",
    b"HTTP/1.1 200 \t\xe9 !\r\n",
];

/// Names that matter, names like them, and others.
const NAMES: &[&str] = &[
    "Host",
    "Host",
    "Hast",
    "Hosts",
    "Hos",
    "Connection",
    "Connectiom",
    "Xonnection",
    "Content-Length",
    "Content-Lengtj",
    "Content_Length",
    "Transfer-Encoding",
    "Transfer-Encodinh",
    "Expect",
    "Expert",
    "A",
    "Accept-Language",
    "User-Agent",
    "X-A-Name-Of-Thirty-One-Octets-X",
    "!#$%&'*+-.^_`|~",
];

const USUAL_VALUES: &[&[u8]] = &[
    b"a",
    b"www.example.org",
    b"example.org:8080",
    b"127.0.0.1:80",
    b"close",
    b"keep-alive, Upgrade",
    b"5",
    b"chunked",
    b"100-continue",
    b"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    b"a.host.the.name.of.which.takes.more.than.a.window.of.the.input.example.org:65535",
    b"x: y: z",
];

const UNUSUAL_VALUES: &[&[u8]] = &[
    b"",
    b"a\tb",
    b"a  b",
    b"\x80\xff",
    b"caf\xc3\xa9 \xff\xff\xff\xff",
    b"[::1]:80",
    b"a:65536",
    b"a:99999",
    b"a:000080",
    b"a:",
    b":80",
    b"a:8o",
    b"a_b",
    b"a:\xfa\xfa\xfa",
    b"a:12345678",
    b"u@a",
];

const BLANKS: &[&[u8]] = &[b"", b" ", b" ", b"  ", b"\t", b" \t \t "];

const BEHIND: &[&[u8]] = &[
    b"",
    b"",
    b"G",
    b"\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\r\n\r\n\r\n\r\n",
    b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
];
