//! Request heads to measure with: six that a branch predictor learns by heart, and 2,000 that it can't.
//!
//! All are made up. They have the sizes, numbers of fields and kinds of values of what browsers, programs and probes
//! send.

/// A named set of heads. A measurement goes through all of them in order.
#[derive(Debug)]
pub struct Corpus {
    /// What it is called in reports.
    pub name: &'static str,
    /// The heads, each whole.
    pub heads: Vec<Vec<u8>>,
}

impl Corpus {
    /// All corpora, the headline one last.
    pub fn all() -> Vec<Self> {
        vec![tiny(), plaintext(), browser(), chrome(), bearer(), long_target(), mixed()]
    }

    /// Octets of all heads.
    pub fn octets(&self) -> usize {
        self.heads.iter().map(Vec::len).sum()
    }

    fn of_one(name: &'static str, target: &str, fields: &[(&str, &str)]) -> Self {
        Self { name, heads: vec![head("GET", target, fields); COPIES] }
    }
}

/// 40 octets: the least that a client may send, nearly.
pub fn tiny() -> Corpus {
    Corpus::of_one("tiny", "/", &[("Host", "an.example.org")])
}

/// What load generators send: few and short fields.
pub fn plaintext() -> Corpus {
    Corpus::of_one(
        "plaintext",
        "/plaintext",
        &[
            ("Host", "www.example.org"),
            ("User-Agent", "loadgen/4.2"),
            ("Accept", "text/plain,text/html;q=0.9,*/*;q=0.8"),
            ("Accept-Encoding", "identity"),
            ("Connection", "keep-alive"),
        ],
    )
}

/// 703 octets as a browser of ten years ago sent them: nine fields, a long cookie.
pub fn browser() -> Corpus {
    Corpus::of_one(
        "browser 703 B",
        "/gallery/2014/harbour/IMG_20140712_183304.jpg",
        &[
            ("Host", "pictures.example.net"),
            ("User-Agent", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9; rv:31.0) Gecko/20100101 Firefox/31.0"),
            ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            ("Accept-Language", "de,en-us;q=0.7,en;q=0.3"),
            ("Accept-Encoding", "gzip, deflate"),
            ("Accept-Charset", "utf-8,ISO-8859-1;q=0.7,*;q=0.7"),
            ("Keep-Alive", "115"),
            ("Connection", "keep-alive"),
            (
                "Cookie",
                "visitor=9f31c07ab2; theme=plain; __seg=4711.208815.1405182784.1405182784.1405182784.1; \
                 __trk=4711.1405182784.1.1.src=(direct)|name=(direct)|kind=(none); basket=; lastseen=%7B%22album%22%3A\
                 %22harbour%22%2C%22page%22%3A3%7D; consent=1; returning=2014-07-12T18-40Z; width=1440",
            ),
        ],
    )
}

/// What a Chromium of today sends on a navigation.
pub fn chrome() -> Corpus {
    Corpus::of_one(
        "chrome 970 B",
        "/account/orders?page=2&sort=newest",
        &[
            ("Host", "shop.example.com"),
            ("Connection", "keep-alive"),
            ("Cache-Control", "max-age=0"),
            ("sec-ch-ua", "\"Not=A?Brand\";v=\"24\", \"Chromium\";v=\"140\""),
            ("sec-ch-ua-mobile", "?0"),
            ("sec-ch-ua-platform", "\"Linux\""),
            ("Upgrade-Insecure-Requests", "1"),
            ("User-Agent", CHROME),
            (
                "Accept",
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,\
                 application/signed-exchange;v=b3;q=0.7",
            ),
            ("Sec-Fetch-Site", "same-origin"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-User", "?1"),
            ("Sec-Fetch-Dest", "document"),
            ("Referer", "https://shop.example.com/account/orders?page=1&sort=newest"),
            ("Accept-Encoding", "gzip, deflate, br, zstd"),
            ("Accept-Language", "en-GB,en-US;q=0.9,en;q=0.8"),
            (
                "Cookie",
                "sid=s%3A3kq0cVb8Z1; cart=7; _t=GA1.1.93.1758; seen=orders; locale=en-GB; ab=b; \
                 csrf=Yk3pV0x7wq2Lr9ZbT1nE; recent=81234.81199.77120.76551.70118; _s=1758872431.4.1.1758873002; w=1920",
            ),
        ],
    )
}

/// A call of an interface with a token of 600 octets.
pub fn bearer() -> Corpus {
    let mut random = Random(0x5eed);
    let token = format!("Bearer {}.{}.{}", random.text(36), random.text(517), random.text(86));
    Corpus::of_one(
        "bearer 890 B",
        "/v2/projects/8812/builds?state=failed",
        &[
            ("host", "api.example.com"),
            ("user-agent", "build-agent/3.1.4 (linux; x86_64)"),
            ("accept", "application/json"),
            ("accept-encoding", "gzip"),
            ("authorization", &token),
            ("x-request-id", "0190c3fe-5d2b-7c7a-9b34-5e1f0a6b9d11"),
        ],
    )
}

/// A target of 2 KiB, as a search form or a report of a browser makes it.
pub fn long_target() -> Corpus {
    let mut random = Random(0x7a26e7);
    let target = format!("/collect?v=2&data={}", random.text(2030));
    Corpus::of_one(
        "2 KiB target",
        &target,
        &[
            ("Host", "stats.example.com"),
            ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"),
            ("Accept", "*/*"),
            ("Connection", "keep-alive"),
        ],
    )
}

/// 2,000 different requests of many clients, in random order, the same in every run.
pub fn mixed() -> Corpus {
    let mut random = Random(0x0dd5_eed5);
    let heads = (0..2_000).map(|_| random_head(&mut random)).collect();
    Corpus { name: "mixed", heads }
}

/// Copies of a single head, so that what a pass over them costs is spread, and no place in memory is all that is measured.
const COPIES: usize = 8;

const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

const AGENTS: [&str; 6] = [
    CHROME,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (compatible; crawler/2.1; +https://crawler.example.org/about)",
];

const PROGRAMS: [&str; 5] =
    ["curl/8.14.1", "python-requests/2.32.5", "okhttp/5.1.0", "Go-http-client/1.1", "node-fetch/3.3.2"];

const LANGUAGES: [&str; 5] =
    ["en-US,en;q=0.9", "de-DE,de;q=0.9,en;q=0.5", "en-GB,en-US;q=0.9,en;q=0.8", "fr", "ja,en-US;q=0.7,en;q=0.3"];

const WORDS: [&str; 12] =
    ["api", "v1", "users", "static", "images", "orders", "search", "assets", "blog", "products", "health", "reports"];

fn random_head(random: &mut Random) -> Vec<u8> {
    match random.below(10) {
        0..=4 => from_browser(random),
        5..=7 => from_program(random),
        8 => from_app(random),
        _ => from_probe(random),
    }
}

/// A navigation, or a page's script, picture or call, in the order of fields that the browser has.
fn from_browser(random: &mut Random) -> Vec<u8> {
    let mut fields = Vec::new();
    let host = random.host();
    let agent = random.one_of(&AGENTS);
    let chromium = agent.contains("Chrome/");
    fields.push(("Host", host.clone()));
    if chromium {
        fields.push(("Connection", "keep-alive".into()));
        if random.one_in(4) {
            fields.push(("Cache-Control", random.one_of(&["max-age=0", "no-cache"]).into()));
        }
        fields.push(("sec-ch-ua-platform", random.one_of(&["\"Linux\"", "\"Windows\"", "\"macOS\""]).into()));
        fields.push(("User-Agent", agent.into()));
        fields.push(("sec-ch-ua", "\"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"".into()));
        fields.push(("sec-ch-ua-mobile", "?0".into()));
    } else {
        fields.push(("User-Agent", agent.into()));
    }
    let accept =
        ["*/*", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json", "image/*"];
    fields.push(("Accept", random.one_of(&accept).into()));
    if !chromium {
        fields.push(("Accept-Language", random.one_of(&LANGUAGES).into()));
        fields.push(("Accept-Encoding", "gzip, deflate, br".into()));
    }
    if !random.one_in(4) {
        fields.push(("Referer", format!("https://{host}{}", random.target())));
    }
    if random.one_in(8) {
        fields.push(("DNT", "1".into()));
    }
    if !chromium {
        fields.push(("Connection", "keep-alive".into()));
    }
    if !random.one_in(3) {
        fields.push(("Cookie", random.cookies()));
    }
    fields.push(("Sec-Fetch-Dest", random.one_of(&["document", "script", "image", "empty"]).into()));
    fields.push(("Sec-Fetch-Mode", random.one_of(&["navigate", "no-cors", "cors"]).into()));
    fields.push(("Sec-Fetch-Site", random.one_of(&["same-origin", "cross-site", "none"]).into()));
    if chromium {
        fields.push(("Accept-Encoding", "gzip, deflate, br, zstd".into()));
        fields.push(("Accept-Language", random.one_of(&LANGUAGES).into()));
    }
    if random.one_in(5) {
        let length = 1 + random.below(1000);
        fields.push(("If-None-Match", format!("W/\"{length:x}-{}\"", random.text(27))));
    }
    let target = random.target();
    if random.one_in(10) {
        fields.push(("Content-Type", "application/x-www-form-urlencoded".into()));
        fields.push(("Content-Length", random.below(5000).to_string()));
        return head("POST", &target, &fields);
    }
    head("GET", &target, &fields)
}

/// A call of an interface by another server.
fn from_program(random: &mut Random) -> Vec<u8> {
    let mut fields = vec![("host", random.host()), ("user-agent", random.one_of(&PROGRAMS).into())];
    fields.push(("accept", random.one_of(&["*/*", "application/json"]).into()));
    if random.one_in(2) {
        fields.push(("accept-encoding", "gzip, deflate".into()));
    }
    if random.one_in(2) {
        let length = 200 + random.below(600);
        fields.push(("authorization", format!("Bearer {}", random.text(length))));
    }
    for name in ["x-request-id", "traceparent", "x-forwarded-for", "x-forwarded-proto", "x-tenant"] {
        if random.one_in(3) {
            let length = 3 + random.below(50);
            fields.push((name, random.text(length)));
        }
    }
    let target = random.target();
    let method = random.one_of(&["GET", "GET", "GET", "POST", "PUT", "PATCH", "DELETE"]);
    if matches!(method, "POST" | "PUT" | "PATCH") {
        fields.push(("content-type", "application/json".into()));
        let length = random.below(20_000).to_string();
        fields.push(if random.one_in(5) {
            ("transfer-encoding", "chunked".into())
        } else {
            ("content-length", length)
        });
    }
    head(method, &target, &fields)
}

/// An application on a telephone.
fn from_app(random: &mut Random) -> Vec<u8> {
    let mut fields = vec![("Host", random.host()), ("Accept-Encoding", "gzip".into())];
    let version = random.below(400);
    fields.push(("User-Agent", format!("Notes/7.{version} (Android 16; {})", random.text(8))));
    fields.push(("X-Device-Id", random.text(36)));
    fields.push(("X-App-Version", format!("7.{version}")));
    fields.push(("Authorization", format!("Bearer {}", random.text(180))));
    fields.push(("Connection", random.one_of(&["Keep-Alive", "close"]).into()));
    if random.one_in(3) {
        fields.push(("If-Modified-Since", "Sat, 04 Oct 2025 08:17:35 GMT".into()));
    }
    head("GET", &random.target(), &fields)
}

/// A health check or a load generator.
fn from_probe(random: &mut Random) -> Vec<u8> {
    let mut fields = vec![("Host", random.host())];
    if random.one_in(2) {
        fields.push(("User-Agent", random.one_of(&["kube-probe/1.34", "loadgen/4.2"]).into()));
    }
    if random.one_in(2) {
        fields.push(("Accept", "*/*".into()));
    }
    if random.one_in(3) {
        fields.push(("Connection", "close".into()));
    }
    head(random.one_of(&["GET", "HEAD"]), random.one_of(&["/", "/health", "/ready", "/plaintext"]), &fields)
}

fn head(method: &str, target: &str, fields: &[(&str, impl AsRef<str>)]) -> Vec<u8> {
    let mut octets = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
    for (name, value) in fields {
        octets.extend_from_slice(format!("{name}: {}\r\n", value.as_ref()).as_bytes());
    }
    octets.extend_from_slice(b"\r\n");
    octets
}

/// Numbers that look random and are the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// So many letters and digits.
    fn text(&mut self, length: usize) -> String {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0..length).map(|_| char::from(LETTERS[self.below(LETTERS.len())])).collect()
    }

    fn host(&mut self) -> String {
        let length = 3 + self.below(14);
        format!("{}.example.{}", self.text(length).to_lowercase(), self.one_of(&["com", "org", "net"]))
    }

    fn target(&mut self) -> String {
        let mut target = String::new();
        for _ in 0..1 + self.below(4) {
            target.push('/');
            target.push_str(self.one_of(&WORDS));
        }
        if self.one_in(2) {
            let length = 1 + self.below(24);
            target.push('/');
            target.push_str(&self.text(length));
        }
        for index in 0..self.below(4) {
            let length = 1 + self.below(20);
            target.push(if index == 0 { '?' } else { '&' });
            target.push_str(&format!("{}={}", self.one_of(&WORDS), self.text(length)));
        }
        target
    }

    fn cookies(&mut self) -> String {
        let mut cookies = String::new();
        for index in 0..1 + self.below(8) {
            let (name, value) = (2 + self.below(10), 4 + self.below(60));
            cookies.push_str(if index == 0 { "" } else { "; " });
            cookies.push_str(&format!("{}={}", self.text(name), self.text(value)));
        }
        cookies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corpora_have_the_sizes_they_are_named_for() {
        let sizes: Vec<_> = Corpus::all().iter().map(|corpus| corpus.octets() / corpus.heads.len()).collect();
        let near = [40, 170, 703, 970, 890, 2200, 560];
        for (size, near) in sizes.iter().zip(near) {
            assert!(size.abs_diff(near) <= near / 20, "{sizes:?}");
        }
    }
}
