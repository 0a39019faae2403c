//! The bound: a server that looks at nothing. It divides the octets that it got by the length of a request, and writes
//! as many replies.

use std::{
    io::{self, Read, Write},
    mem::MaybeUninit,
    net::{SocketAddr, TcpListener, TcpStream},
    os::fd::AsRawFd,
};

use anyhow::Result;
use clap::Args;
use rustix::event::{epoll, epoll::EventData};

/// As long as pronto's own reply.
const REPLY: &[u8] =
    b"HTTP/1.1 200 OK\r\nServer: nobody\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\n\
    Content-Length: 13\r\n\r\nHello, World!";
const READ_AT_MOST: usize = 64 * 1024;
const LISTENER: u64 = u64::MAX;

/// Where, and to what requests.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Address to serve
    #[arg(long)]
    addr: SocketAddr,
    /// Octets of each request
    #[arg(long)]
    request_octets: usize,
    /// Close each connection after a reply
    #[arg(long)]
    close: bool,
}

/// Serves until it is killed.
///
/// # Errors
/// What the kernel says.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let listener = TcpListener::bind(arguments.addr)?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), epoll::EventFlags::IN)?;

    let replies = REPLY.repeat(READ_AT_MOST / arguments.request_octets.max(1) + 1);
    let mut input = vec![0; READ_AT_MOST];
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let mut events = [MaybeUninit::uninit(); 256];
    loop {
        let ready = match epoll::wait(&epoll, &mut events, None) {
            Ok((ready, _)) => ready,
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        for event in ready {
            let token = event.data.u64();
            if token == LISTENER {
                while let Ok((stream, _)) = listener.accept() {
                    stream.set_nonblocking(true)?;
                    stream.set_nodelay(true)?;
                    let place = usize::try_from(stream.as_raw_fd())?;
                    epoll::add(&epoll, &stream, EventData::new_u64(place as u64), epoll::EventFlags::IN)?;
                    if connections.len() <= place {
                        connections.resize_with(place + 1, || None);
                    }
                    connections[place] = Some(Connection { stream, part: 0 });
                }
                continue;
            }
            let Some(slot) = connections.get_mut(usize::try_from(token)?) else { continue };
            let Some(connection) = slot else { continue };
            let goes_on = connection.answer(arguments.request_octets, &mut input, &replies);
            if arguments.close || !matches!(goes_on, Ok(true)) {
                *slot = None;
            }
        }
    }
}

struct Connection {
    stream: TcpStream,
    /// Octets of a request that is not whole.
    part: usize,
}

impl Connection {
    fn answer(&mut self, request: usize, input: &mut [u8], replies: &[u8]) -> io::Result<bool> {
        let got = self.stream.read(input)?;
        let octets = self.part + got;
        self.part = octets % request;
        // A client that takes too little to let this be written at once is not what this server is for.
        let reply = &replies[..octets / request * REPLY.len()];
        Ok(got > 0 && self.stream.write(reply)? == reply.len())
    }
}
