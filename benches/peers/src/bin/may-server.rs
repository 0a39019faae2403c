//! may_minihttp with one worker.

use std::io;

use may_minihttp::{HttpService, HttpServiceFactory, Request, Response};
use peers::TEXT;

#[derive(Clone)]
struct Hello;

impl HttpService for Hello {
    fn call(&mut self, request: Request<'_, '_, '_>, response: &mut Response<'_>) -> io::Result<()> {
        match request.path().split('?').next() {
            Some("/") => {
                response.header("Content-Type: text/plain").body(TEXT);
            }
            _ => {
                response.status_code(404, "Not Found");
            }
        }
        Ok(())
    }
}

impl HttpServiceFactory for Hello {
    type Service = Hello;

    fn new_service(&self, _: usize) -> Hello {
        Hello
    }
}

fn main() -> io::Result<()> {
    may::config().set_workers(1);
    let Ok(()) = Hello.start(peers::address())?.join() else {
        return Err(io::Error::other("the server has ended"));
    };
    Ok(())
}
