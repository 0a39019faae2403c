//! Makes the seeds of the fuzz targets: `cargo run -p tests --bin seeds`.
//!
//! What speaks HTTP is seeded with the protocol vectors, a few of each row. The rest is written out here. A seed that is
//! there already is left as it is, and so is what a fuzzer has added.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use tests::vector;

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let mut seeds = Seeds { corpus, count: BTreeMap::new() };
    of_vectors(&mut seeds)?;
    of_calls(&mut seeds)?;
    of_worlds(&mut seeds)?;
    for (target, inputs) in WRITTEN_OUT {
        for input in inputs {
            seeds.add(target, input)?;
        }
    }
    for (target, count) in &seeds.count {
        println!("{target}: {count}");
    }
    Ok(())
}

struct Seeds {
    corpus: PathBuf,
    count: BTreeMap<String, usize>,
}

impl Seeds {
    fn add(&mut self, target: &str, input: &[u8]) -> io::Result<()> {
        let count = self.count.entry(target.to_owned()).or_default();
        *count += 1;
        let folder = self.corpus.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{count:03}")), input)
    }
}

/// Octets of a vector that are more only slow a fuzzer down.
const MOST: usize = 500;

/// Vectors of one row that are taken.
const OF_A_ROW: usize = 2;

fn of_vectors(seeds: &mut Seeds) -> io::Result<()> {
    let mut of_row: BTreeMap<String, usize> = BTreeMap::new();
    for vector in vector::all() {
        let taken = of_row.entry(vector.row.clone()).or_default();
        if vector.sent.len() > MOST || *taken == OF_A_ROW {
            continue;
        }
        *taken += 1;
        let seeded = [&[*taken as u8][..], &vector.sent].concat();
        seeds.add("driver", &seeded)?;
        seeds.add("serve", &seeded)?;
        // Feed, answer, and so on; then the octets.
        let calls = [0, 40, 4, 0, 255, 4, 4, 0, 255, 4];
        seeds.add("connection", &[&[calls.len() as u8][..], &calls, &vector.sent].concat())?;
        let head = vector.sent.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
        let (head, content) = vector.sent.split_at(head.unwrap_or(vector.sent.len()));
        let seeded = [&[4 * 3][..], head].concat();
        seeds.add("request_head", &seeded)?;
        seeds.add("framing", &seeded)?;
        seeds.add("readers", &seeded)?;
        if vector.row.contains("chunk") && !content.is_empty() {
            seeds.add("chunked", &[&[0][..], content].concat())?;
        }
        if let Some(fields) = head.windows(2).position(|window| window == b"\r\n") {
            seeds.add("response_head", &[b"\x0cHTTP/1.1 200 OK", &head[fields..]].concat())?;
        }
    }
    Ok(())
}

/// Sequences of calls to a connection, each of them several times.
fn of_calls(seeds: &mut Seeds) -> io::Result<()> {
    let requests = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\
        POST /c HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello\
        POST /s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n\
        GET / HTTP/1.0\r\n\r\n";
    for call in 0..21 {
        let calls = [0, 70, call, 1, call, 9, 0, 200, call, 50, 4, call, 250, 0, 255, 10, 18, 250, 4];
        seeds.add("connection", &[&[calls.len() as u8][..], &calls, requests].concat())?;
    }
    Ok(())
}

/// What happens to a worker: each step is an action, a number, and a peer.
fn of_worlds(seeds: &mut Seeds) -> io::Result<()> {
    for action in 8..24 {
        let mut steps = vec![0, 0, 0, 0];
        for kind in 0..8 {
            steps.extend([1, kind, kind % 2, 5, 30 * kind, kind % 2, 21, 0, 0, action, 9 * kind, kind % 2, 6, 99, 1]);
        }
        seeds.add("worker", &steps)?;
    }
    Ok(())
}

const WRITTEN_OUT: [(&str, &[&[u8]]); 7] = [
    (
        "chunked",
        &[
            b"\x005;a;bc=d;e=\"f\\g\"\r\nhello\r\n0006\r\n world\r\n0;x\r\nA: b\r\nC: d\r\n\r\n",
            b"\x02f\r\n0123456789abcde\r\n0\r\n\r\nGET /",
            b"\x03FFFFFFFFFFFFFFFF\r\n",
        ],
    ),
    (
        "multipart",
        &[
            b"\x00--x\r\nContent-Disposition: form-data; name=a\r\n\r\nhello\r\n--x\r\n\
              Content-Disposition: form-data; name=\"f\"; filename=\"a\\\"b%22.txt\"\r\nContent-Type: text/plain\r\n\r\n\
              1\r\n--\r\n--y\r\n--x--\r\n",
            b"\x02preamble\r\n--x \t\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--x--\t\r\nepilogue",
            b"\x01----X-=y\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n----X-=y--",
            b"\x00--x\r\n\r\n\r\n--x--",
            b"\x00--x\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n\r\n--x--",
            b"\x00--x\r\nContent-Disposition: form-data; name=a\r\n\r\ncut sh",
        ],
    ),
    (
        "proxy",
        &[
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\x7f\0\0\x01\xd4\x31\0\x50",
            b"\r\n\r\n\0\r\nQUIT\n\x20\x00\0\x00GET /",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\
              \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x01\0\0\x50",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x00\0\x03abc",
            b"PROXY TCP4 192.0.2.1 127.0.0.1 54321 80\r\n",
        ],
    ),
    (
        "readers",
        &[
            b"\x64GET http://user.example:80/a%20b/?q=a+b&c&=d%zz HTTP/1.1\r\nHost: [::1]:8080\r\n\
              Cookie: a=b; c=\"d\"; e; =f\r\nContent-Type: multipart/form-data; boundary=\"x\\\"y\"; charset=utf-8\r\n\
              Accept: text/html;q=0.5, */*;q=\"0.1,2\"\r\n\r\n",
            b"\x64GET /file HTTP/1.1\r\nHost: a\r\nRange: bytes=5-\r\nIf-Range: \"a\"\r\nIf-None-Match: \"b\", W/\"a\"\r\n\
              If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
            b"\x05Sunday, 06-Nov-94 08:49:37 GMT",
            b"\x05Sun Nov  6 08:49:37 1994",
            b"\x05Sun, 06 Nov 1994 08:49:37 GMT",
        ],
    ),
    (
        "response",
        &[
            b"\xff\0\x01\0\0\x00\x02\x00\xc8\x04\x01\x01\x00\x0atext/plain\x01\x04\x03X-A\x02bc\x00hello",
            b"\xff\0\x01\0\0\x00\x02\x00\xc8\x01\x01\x01\x01\x01a\x01b\x07\x01/\x0bexample.org\x05\x06\x00hello",
            b"\xff\0\x01\0\0\x00\x02\x00\xc8\x06\x0atext/plainhello",
            b"\xff\0\x01\0\0\x00\x02\x00\xc8\x07\x03X-A\x02bchello",
            b"\xff\0\x01\0\0\x00\x02\x00\x65\x03\x01\x00",
            b"\x30\x01\0\x01\x01\x03abc\x00\x01\x2e\x00\x00\x01/\x00",
        ],
    ),
    (
        "router",
        &[
            b"\x00/\n/a\n/a/{b}\n/{*tail}\nGET /a/b%20c",
            b"\x01/a/{b}/c\n/a/{{b}}\nPOST /a/%7bb%7D",
            b"\x02/{a}/{b}\n/x/%41\nPURGE /x/%2541?q",
            b"\x03/{a}\nOPTIONS *",
            b"\x04/{a}/\n/{a}\nHEAD http://h/x/",
        ],
    ),
    (
        "serve",
        &[
            b"\x00POST /w HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloPOST /px HTTP/1.1\r\nHost: a\r\n\
              Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: t\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"\x81POST /r HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n0123456789012345678901234567890123456789\
              GET /wl HTTP/1.1\r\nHost: a\r\n\r\nHEAD /wc HTTP/1.1\r\nHost: a\r\n\r\nGET /-c HTTP/1.0\r\n\r\n",
            b"\x02GET /-c HTTP/1.1\r\nHost: a\r\n\r\nGET /-s HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"\x03GET /-u HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\nloud\r\n",
            b"\x40POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhelloGET /-f HTTP/1.1\r\n\
              Host: a\r\n\r\nPOST /-l HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 50\r\n\r\n",
            b"\x00POST /w HTTP/1.1\r\nHost: a\r\nContent-Length: 51\r\n\r\n",
        ],
    ),
];
