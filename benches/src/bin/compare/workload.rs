//! The requests that are sent, and how.

/// One kind of request, sent in one way.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    /// What it is called in tables.
    pub(crate) name: String,
    /// One request.
    pub(crate) request: Vec<u8>,
    /// Requests in one write; the next are written when all of them are answered.
    pub(crate) depth: usize,
    /// What becomes of a connection.
    pub(crate) persistence: Persistence,
}

/// What becomes of a connection when its requests are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persistence {
    /// It is used again.
    Kept,
    /// The server closes it, as the request says, and another is opened.
    Closed,
}

impl Workload {
    /// All that are measured, the one for the chart first.
    pub(crate) fn all() -> Vec<Self> {
        let requests = [("plaintext", plaintext("")), ("tiny", tiny()), ("browser", browser())];
        let mut all: Vec<Self> = [24, 1]
            .into_iter()
            .flat_map(|depth| {
                requests.iter().map(move |(name, request)| Self::new(name, request.clone(), depth, Persistence::Kept))
            })
            .collect();
        all.push(Self::new("plaintext", plaintext("Connection: close\r\n"), 1, Persistence::Closed));
        all
    }

    /// Requests of a length, one at a time: the least, and what cookies there is room for.
    pub(crate) fn of_octets(octets: usize) -> Self {
        let mut request = tiny();
        request.truncate(request.len() - 2);
        // A field of less than this is none.
        const LEAST: usize = "Cookie: a=\r\n\r\n".len();
        while request.len() + LEAST < octets {
            let room = (octets - request.len() - LEAST).min(1000);
            request.extend_from_slice(b"Cookie: a=");
            request.extend(std::iter::repeat_n(b'x', room));
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        Self::new("cookies", request, 1, Persistence::Kept)
    }

    /// Requests for a reply with content of a length, one at a time.
    pub(crate) fn for_octets(octets: usize) -> Self {
        let request = format!("GET /bytes/{octets} HTTP/1.1\r\nHost: an.example.org\r\n\r\n");
        Self::new("bytes", request.into_bytes(), 1, Persistence::Kept)
    }

    fn new(kind: &str, request: Vec<u8>, depth: usize, persistence: Persistence) -> Self {
        let way = match (depth, persistence) {
            (_, Persistence::Closed) => "a connection for each".to_owned(),
            (1, Persistence::Kept) => "one at a time".to_owned(),
            (depth, Persistence::Kept) => format!("{depth} pipelined"),
        };
        Self { name: format!("{kind}, {} B, {way}", request.len()), request, depth, persistence }
    }

    /// What is written at once.
    pub(crate) fn batch(&self) -> Vec<u8> {
        self.request.repeat(self.depth)
    }
}

/// 40 octets: the least that a client may send, nearly.
fn tiny() -> Vec<u8> {
    b"GET / HTTP/1.1\r\nHost: an.example.org\r\n\r\n".to_vec()
}

/// What load generators send.
fn plaintext(last: &str) -> Vec<u8> {
    format!(
        "GET / HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: loadgen/4.2\r\n\
         Accept: text/plain,text/html;q=0.9,*/*;q=0.8\r\nAccept-Encoding: identity\r\n{last}\r\n"
    )
    .into_bytes()
}

/// What a browser sends.
fn browser() -> Vec<u8> {
    let corpus = benches::corpora::browser();
    let head = corpus.heads.first().map(Vec::as_slice).unwrap_or_default();
    // Every server answers `/`, so the path becomes a query.
    let mut request = head.to_vec();
    if let Some(start) = head.windows(5).position(|octets| octets == b"GET /") {
        request.insert(start + 5, b'?');
    }
    request
}
