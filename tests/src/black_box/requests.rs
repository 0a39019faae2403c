//! What a request tells of its client.

use pronto::connection::Config;
use pronto_host::{App, Fault, OwnedRequest, Reply, Request};

use super::Runtime;
use crate::client::Client;

fn told(request: &Request<'_>) -> Result<String, Fault> {
    let host = request.host_field()?.ok_or_else(|| Fault::words("no host"))?;
    let cookie = request.cookie("who").map(String::from_utf8_lossy).unwrap_or_default();
    let peer = request.peer().map(|peer| peer.to_string()).unwrap_or_default();
    Ok(format!("{} {:?} {} {cookie} {peer}", host.host(), host.port(), request.keeps_alive()))
}

/// Handlers of both kinds are told host, port, whether the connection is kept, cookies, and the peer's address.
pub fn a_request_tells_of_its_client<R: Runtime>() {
    let app = App::new()
        .get("/sync", |request: &Request<'_>, reply: Reply<'_>| reply.text(&told(request)?))
        .get("/async", async |request: OwnedRequest| told(&request.view()));
    let server = R::start(app, Config::new());
    for target in ["/sync", "/async"] {
        let mut client = Client::connect(server.address());
        let peer = client.local_address();
        client.send(format!("GET {target} HTTP/1.1\r\nHost: example.org:81\r\nCookie: a=b; who=me\r\n\r\n"));
        assert_eq!(client.reply().text(), format!("example.org Some(81) true me {peer}"));
        client.send(format!("GET {target} HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n"));
        let reply = client.reply();
        assert_eq!((reply.field("connection"), reply.text()), (Some("close"), &*format!("[::1] None false  {peer}")));
        assert_eq!(client.rest(), b"");
    }
    server.stop();
}
