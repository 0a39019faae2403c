//! Octets between two sockets.

use std::io::{self, ErrorKind};

use pronto::buffer::Sink;
use tokio::net::TcpStream;

/// A bounded queue of octets in one piece: read from a socket or written by pronto, and taken from its front.
pub(crate) struct Buffer {
    memory: Box<[u8]>,
    start: usize,
    end: usize,
}

/// What one read has brought.
pub(crate) enum Read {
    Octets,
    /// There are none now, or there is no room for any.
    Nothing,
    End,
}

impl Buffer {
    pub(crate) fn new(size: usize) -> Self {
        Self { memory: vec![0; size].into(), start: 0, end: 0 }
    }

    pub(crate) fn octets(&self) -> &[u8] {
        &self.memory[self.start..self.end]
    }

    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many octets may still be put into it.
    pub(crate) fn free(&self) -> usize {
        self.memory.len() - self.len()
    }

    pub(crate) fn consume(&mut self, length: usize) {
        self.start = self.end.min(self.start + length);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    pub(crate) fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }

    /// Puts octets in: all of them, or none where there is no room.
    pub(crate) fn put(&mut self, octets: &[u8]) -> Option<()> {
        self.room(octets.len())?.get_mut(..octets.len())?.copy_from_slice(octets);
        self.advance(octets.len());
        Some(())
    }

    /// Reads what is there, without waiting.
    pub(crate) fn read_from(&mut self, stream: &TcpStream) -> io::Result<Read> {
        if self.free() == 0 {
            return Ok(Read::Nothing);
        }
        if self.end == self.memory.len() {
            self.move_to_front();
        }
        match stream.try_read(&mut self.memory[self.end..]) {
            Ok(0) => Ok(Read::End),
            Ok(length) => {
                self.end += length;
                Ok(Read::Octets)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Read::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Writes what the socket takes, without waiting, and says how much that was.
    pub(crate) fn write_to(&mut self, stream: &TcpStream) -> io::Result<usize> {
        if self.is_empty() {
            return Ok(0);
        }
        match stream.try_write(self.octets()) {
            Ok(length) => {
                self.consume(length);
                Ok(length)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn move_to_front(&mut self) {
        // To the end of the memory, since what a writer has put behind the octets must stay there.
        self.memory.copy_within(self.start.., 0);
        (self.start, self.end) = (0, self.end - self.start);
    }
}

impl Sink for Buffer {
    fn room(&mut self, needed: usize) -> Option<&mut [u8]> {
        if self.free() < needed {
            return None;
        }
        if self.memory.len() - self.end < needed {
            self.move_to_front();
        }
        self.memory.get_mut(self.end..)
    }

    fn advance(&mut self, written: usize) {
        self.end = self.memory.len().min(self.end + written);
    }
}
