//! One connection of a worker: its place, its socket, and what the worker keeps of it.

use std::{
    io::{self, IoSlice},
    num::NonZeroU64,
    os::fd::BorrowedFd,
};

use pronto_host::{Client, Transport};

use crate::sys::Kernel;

/// A connection in its place.
#[derive(Debug)]
pub(crate) struct Seat<S> {
    pub(crate) socket: S,
    pub(crate) client: Client,
    /// How many connections had its place before.
    pub(crate) generation: u32,
    /// The tick of its entry in the wheel.
    pub(crate) scheduled: Option<NonZeroU64>,
}

impl<S> Seat<S> {
    pub(crate) const fn new(socket: S, client: Client, generation: u32) -> Self {
        Self { socket, client, generation, scheduled: None }
    }
}

/// A socket of a kernel.
#[derive(Debug)]
pub(crate) struct Socket<'a, K: Kernel> {
    pub(crate) kernel: &'a mut K,
    pub(crate) socket: &'a K::Socket,
}

impl<K: Kernel> Transport for Socket<'_, K> {
    const EDGE_TRIGGERED: bool = true;

    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.kernel.read(self.socket, buffer)
    }

    #[inline]
    fn write(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.kernel.write(self.socket, parts)
    }

    fn write_before_more(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.kernel.write_before_more(self.socket, parts)
    }

    fn send_file(&mut self, file: BorrowedFd<'_>, offset: u64, length: usize) -> io::Result<usize> {
        self.kernel.send_file(self.socket, file, offset, length)
    }

    fn shutdown_write(&mut self) {
        self.kernel.shutdown_write(self.socket);
    }

    fn reset_on_close(&mut self) {
        self.kernel.reset_on_close(self.socket);
    }
}
