//! The files that the server serves, and how it speaks of them.

use std::fs;

use fastrand::Rng;
use tests::{
    client::Client,
    process::Directory,
    reply::{Reply, To},
};

/// All of them.
#[derive(Debug)]
pub(crate) struct Files(pub(crate) Vec<File>);

/// A file.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) octets: Vec<u8>,
    pub(crate) validators: Validators,
    media_type: &'static str,
}

/// How the server says which version of a file it has.
#[derive(Debug, Default)]
pub(crate) struct Validators {
    pub(crate) tag: String,
    modified: String,
    /// The field lines of a reply that says that the client has the file.
    pub(crate) not_modified: String,
}

impl Files {
    /// Makes them.
    pub(crate) fn create(directory: &Directory, rng: &mut Rng) -> Self {
        let made =
            [("small.txt", "text/plain; charset=utf-8", 100), ("large.bin", "application/octet-stream", 300_000)];
        Self(
            made.map(|(name, media_type, length)| {
                let octets: Vec<u8> = (0..length).map(|_| rng.u8(..)).collect();
                fs::write(directory.join(name), &octets).unwrap();
                File { name, octets, validators: Validators::default(), media_type }
            })
            .into(),
        )
    }

    /// Asks the server for them once: what it says then it has to say always.
    pub(crate) fn learn(&mut self, client: &mut Client) {
        for file in &mut self.0 {
            let name = file.name;
            let reply = client.send(format!("HEAD /files/{name} HTTP/1.1\r\nHost: a\r\n\r\n")).reply_to(To::Head);
            let field = |reply: &Reply, name| reply.field(name).expect("a validator").to_owned();
            let (tag, modified) = (field(&reply, "etag"), field(&reply, "last-modified"));
            client.send(format!("GET /files/{name} HTTP/1.1\r\nHost: a\r\nIf-None-Match: {tag}\r\n\r\n"));
            let reply = String::from_utf8(client.up_to(b"\r\n\r\n")).unwrap();
            let (_, behind_date) = reply.split_once("\r\nDate: ").expect("a date");
            let not_modified = behind_date.split_once("\r\n").unwrap().1.strip_suffix("\r\n").unwrap().to_owned();
            file.validators = Validators { tag, modified, not_modified };
        }
    }
}

impl File {
    /// The field lines of a reply with so many octets of it.
    pub(crate) fn fields(&self, range: &str, length: usize) -> String {
        let Validators { tag, modified, .. } = &self.validators;
        let media_type = self.media_type;
        format!(
            "ETag: {tag}\r\nAccept-Ranges: bytes\r\n{range}Last-Modified: {modified}\r\n\
             Content-Type: {media_type}\r\nContent-Length: {length}\r\n"
        )
    }
}
