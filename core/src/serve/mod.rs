//! Serves connections over any `Read` and `Write` of the crates `embedded-io` and `embedded-io-async`, with buffers that the
//! caller lends, without an allocator: for sockets with no operating system behind them.
//!
//! The features `embedded-io` and `embedded-io-async` bring [`Server::serve`] and [`Server::serve_async`]. Both drive the engine
//! that every runtime drives ([`connection`](crate::connection)), with all its limits and timeouts, and differ in `.await` alone.
//!
//! # A server
//! A handler is given an [`Exchange`](blocking::Exchange), looks at the request, and gives the exchange away for a reply:
//!
//! ```
//! # #[cfg(feature = "embedded-io")] {
//! use pronto::{connection::Instant, head::{FieldSpan, Status}, serve::{Buffers, Ended, Server}};
//! # mod uptime { pub fn milliseconds() -> u64 { 0 } }
//! # struct Socket(&'static [u8], Vec<u8>);
//! # impl embedded_io::ErrorType for Socket { type Error = core::convert::Infallible; }
//! # impl embedded_io::Read for Socket {
//! #     fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> { Ok(Read::read(&mut self.0, buffer).unwrap()) }
//! # }
//! # impl embedded_io::Write for Socket {
//! #     fn write(&mut self, octets: &[u8]) -> Result<usize, Self::Error> { self.1.extend(octets); Ok(octets.len()) }
//! #     fn flush(&mut self) -> Result<(), Self::Error> { Ok(()) }
//! # }
//! # use std::io::Read;
//! # let mut socket = Socket(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", Vec::new());
//!
//! let server = Server::new(|| Instant::from_millis(uptime::milliseconds()));
//! let (mut input, mut output, mut fields) = ([0; 1024], [0; 512], [FieldSpan::EMPTY; 16]);
//! let buffers = Buffers { input: &mut input, output: &mut output, fields: &mut fields };
//! let ended = server.serve(&mut socket, buffers, |exchange| match exchange.request().path().map(|path| path.as_str()) {
//!     Some("/") => exchange.text("Hello from the board\n"),
//!     _ => exchange.status(Status::NOT_FOUND),
//! });
//! assert!(matches!(ended, Ok(Ended::Close(_)))); // and so `socket` is to be closed
//! # assert!(socket.1.starts_with(b"HTTP/1.1 200 OK\r\n") && socket.1.ends_with(b"\r\n\r\nHello from the board\n"));
//! # }
//! ```
//!
//! That serves one connection to its end: persistent, with pipelines that are answered by one write for each read. Whoever
//! has more sockets serves each with buffers of its own, in a thread or a task.
//!
//! # Content that comes
//! - [`Exchange::whole`](blocking::Exchange::whole) gathers it in the input buffer, behind the head.
//! - [`Exchange::piece`](blocking::Exchange::piece) lends it piece by piece, whatever its length, and
//!   [`Exchange::read`](blocking::Exchange::read) copies it into memory of the handler's.
//! - What a handler does not read is thrown away within a bound, or the connection closes.
//!
//! # Content that goes
//! - [`text`](blocking::Exchange::text), [`octets`](blocking::Exchange::octets) and
//!   [`status`](blocking::Exchange::status) are whole replies. Content of any length may lie in flash: what does not fit into
//!   the output buffer is sent from where it lies.
//! - [`reply`](blocking::Exchange::reply) has all that a [`ResponseWriter`](crate::response::ResponseWriter) can do.
//! - [`stream`](blocking::Exchange::stream) sends content piece by piece, of a length that is told, or in chunks.
//!
//! # Buffers
//! | buffer | at least | where it is too small |
//! |---|---|---|
//! | `input` | the longest head that is to be taken, and with it the content that is gathered, or some room for a piece | a head is answered 431, content that is gathered 413, trailers 431 |
//! | `fields` | the most fields that a request may have, 8 octets each | the request is answered 431 |
//! | `output` | the longest head of a reply, or a short reply whole; 256 octets are plenty | the handler is told ([`NoRoom`](crate::response::ResponseError::NoRoom)), and the client 500; where there is no room for even that, [`serve`](Server::serve) returns the error |
//!
//! Nothing panics and nothing is lost: a reply that does not fit into the output is tried again when that is empty. One that has
//! begun and cannot go on is cut, behind those that were complete before it.
//!
//! # Time
//! The engine has no clock: `Server::new` is given one. Deadlines are those of
//! [`Timeouts`](crate::connection::Timeouts): heads, content, idle connections, clients that take no output.
//!
//! [`serve_async`](Server::serve_async) is also given a way to sleep, and keeps every deadline. A blocking read comes back when
//! it likes; that no client stays for ever takes a transport that comes back with
//! [`TimedOut`](embedded_io::ErrorKind::TimedOut), as sockets with timeouts do.
//! [`Server::with_waiting`] tells it before each call how long it may take.
//!
//! # The end
//! [`Ended`] says what is to become of the transport. The traits cannot say that no more will be sent: where the last reply
//! is to survive what the client still sends (RFC 9112 9.6), [`Server::with_shutdown`] is told how. Without it, `serve` throws away
//! what comes for a while, too, and then returns.

// What this page links to is not there without the other feature.
#![cfg_attr(not(all(feature = "embedded-io", feature = "embedded-io-async")), allow(rustdoc::broken_intra_doc_links))]

#[cfg(feature = "embedded-io")]
pub mod blocking;
mod buffers;
mod error;
mod layout;
mod machine;
#[cfg(feature = "embedded-io-async")]
pub mod nonblocking;
mod server;
mod step;

pub use buffers::Buffers;
pub use error::{Answered, Ended, Error};
pub use server::Server;
