use std::{
    fs::File,
    io::{self, ErrorKind},
    ops::Range,
    os::fd::{AsFd, BorrowedFd},
};

use rustix::{
    buffer::spare_capacity,
    io::{Errno, pread},
};

use crate::content::{LARGE, Next};

/// A part of a file that is to be sent, and what of it has not been.
///
/// Where the transport can, the operating system sends it. Otherwise it is read piece by piece to the same memory.
#[derive(Debug)]
pub(crate) struct FilePart {
    file: File,
    /// What is left; of a file that grows no more than was asked for.
    left: Range<u64>,
    way: Way,
}

#[derive(Debug)]
enum Way {
    System,
    /// Octets that were read, how many they are, and how many of them have been sent.
    Read {
        piece: Box<[u8]>,
        filled: usize,
        sent: usize,
    },
}

/// How much is read at a time.
const PIECE: usize = LARGE;

/// How much the operating system is asked to send at a time: the more, the longer others wait for a disk.
pub(crate) const TURN: usize = 256 * 1024;

impl FilePart {
    pub(crate) const fn new(file: File, part: Range<u64>) -> Self {
        Self { file, left: part, way: Way::System }
    }

    /// What is to be sent next: a file for the operating system, unless it is [read](Self::octets).
    ///
    /// # Errors
    /// As for the octets.
    pub(crate) fn next(&mut self) -> io::Result<Next<'_>> {
        match self.way {
            Way::System if self.left() > 0 => {
                Ok(Next::File(Unread { file: self.file.as_fd(), offset: self.left.start, left: self.left() }))
            }
            _ => self.octets().map(Next::Octets),
        }
    }

    /// The octets to be sent next; none at the end. From then on it is read.
    ///
    /// # Errors
    /// Those of reading; [`ErrorKind::UnexpectedEof`] where the file has become shorter than was promised.
    pub(crate) fn octets(&mut self) -> io::Result<&[u8]> {
        let Range { start, end } = self.left;
        if start == end {
            return Ok(&[]);
        }
        if matches!(self.way, Way::System) {
            let length = usize::try_from(self.left()).map_or(PIECE, |left| left.min(PIECE));
            self.way = Way::Read { piece: vec![0; length].into_boxed_slice(), filled: 0, sent: 0 };
        }
        let Way::Read { piece, filled, sent } = &mut self.way else { return Ok(&[]) };
        if *sent == *filled {
            let length = usize::try_from(end - start).map_or(piece.len(), |left| left.min(piece.len()));
            *filled = read_at(&self.file, &mut piece[..length], start)?;
            *sent = 0;
            if *filled == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(&piece[*sent..*filled])
    }

    /// Says that so many octets were sent.
    pub(crate) fn consume(&mut self, octets: usize) {
        self.left.start = self.left.end.min(self.left.start.saturating_add(octets as u64));
        if let Way::Read { sent, filled, .. } = &mut self.way {
            *sent = (*filled).min(*sent + octets);
        }
    }

    /// How many octets are left.
    pub(crate) const fn left(&self) -> u64 {
        self.left.end - self.left.start
    }
}

/// A part of a file that the operating system can send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unread<'a> {
    pub(crate) file: BorrowedFd<'a>,
    pub(crate) offset: u64,
    pub(crate) left: u64,
}

/// Reads at a place, again where a signal came in between. 0: the file has ended.
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    loop {
        match pread(file, &mut *buffer, offset) {
            Err(Errno::INTR) => {}
            read => return Ok(read?),
        }
    }
}

/// Reads so many octets at a place of a file.
///
/// # Errors
/// Those of reading; [`ErrorKind::UnexpectedEof`] where the file has less.
pub(crate) fn read_exactly(file: &File, length: usize, offset: u64) -> io::Result<Vec<u8>> {
    let mut octets = Vec::with_capacity(length);
    while octets.len() < length {
        let at = offset.saturating_add(octets.len() as u64);
        match pread(file, spare_capacity(&mut octets), at) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => {}
        }
    }
    octets.truncate(length);
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(octets: &[u8]) -> File {
        let path = std::env::temp_dir().join(format!("pronto-part-{}-{}", std::process::id(), octets.len()));
        let mut file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        file.write_all(octets).unwrap();
        file
    }

    #[test]
    fn a_part_is_read_piece_by_piece_and_not_beyond() {
        let octets: Vec<u8> = (0..PIECE * 3).map(|place| (place % 251) as u8).collect();
        let mut part = FilePart::new(file(&octets), 5..PIECE as u64 * 2 + 100);
        let mut read = Vec::new();
        while part.left() > 0 {
            let length = part.octets().unwrap().len().min(9_999);
            read.extend_from_slice(&part.octets().unwrap()[..length]);
            part.consume(length);
        }
        assert_eq!(part.octets().unwrap(), b"");
        assert!(read == octets[5..PIECE * 2 + 100]);
    }

    #[test]
    fn a_file_that_becomes_shorter_is_an_error_once_what_was_read_is_sent() {
        let file = file(&[b'x'; PIECE * 2]);
        let mut part = FilePart::new(file.try_clone().unwrap(), 0..PIECE as u64 * 2);
        assert_eq!(part.octets().unwrap().len(), PIECE);
        file.set_len(10).unwrap();
        part.consume(PIECE);
        assert_eq!(part.octets().unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn what_is_little_takes_little_memory() {
        let mut part = FilePart::new(file(b"0123456789"), 3..6);
        assert!(matches!(part.next().unwrap(), Next::File(Unread { offset: 3, left: 3, .. })));
        assert_eq!(part.octets().unwrap(), b"345");
        assert!(matches!(part.next().unwrap(), Next::Octets(b"345")));
        assert!(matches!(&part.way, Way::Read { piece, .. } if piece.len() == 3));
    }
}
