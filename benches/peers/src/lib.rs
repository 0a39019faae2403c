//! What the peers share: where to listen, what to answer, and the allocator that their users recommend.

use std::net::SocketAddr;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The content of each reply.
pub const TEXT: &str = "Hello, World!";

/// The address that the first argument tells.
pub fn address() -> SocketAddr {
    std::env::args().nth(1).and_then(|address| address.parse().ok()).expect("an address such as 127.0.0.1:8080")
}
