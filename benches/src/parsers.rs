//! The parsers of request heads that are compared, each used as its documentation says it is fastest.

use std::{hint::black_box, mem::MaybeUninit};

use picohttpparser_sys::phr_header;
use pronto::{
    head::{FieldSpan, HeadLimits, Progress, RequestHead, RequestParser},
    scan::{Tier, pin},
};

use crate::picohttpparser::parse_request;

/// A parser of request heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parser {
    /// Ours, on one tier.
    Pronto(Tier),
    /// `httparse`, with vectors chosen at run time, or without any: as the feature `httparse-simd` says.
    Httparse,
    /// picohttpparser, built for SSE4.
    Picohttpparser,
}

impl Parser {
    /// Those that this machine can run: ours from the narrowest tier on, then the [peers](Self::PEERS).
    pub fn all() -> Vec<Self> {
        let ours = Tier::ALL.into_iter().filter(|tier| tier.is_available()).map(Self::Pronto);
        ours.chain(Self::PEERS).collect()
    }

    /// What others have made.
    pub const PEERS: [Self; 2] = [Self::Httparse, Self::Picohttpparser];

    /// What it is called in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pronto(tier) => tier.name(),
            Self::Httparse if cfg!(feature = "httparse-simd") => "httparse",
            Self::Httparse => "httparse, no SIMD",
            Self::Picohttpparser => "picohttpparser",
        }
    }

    /// Makes the parser ready: ours is told its tier.
    ///
    /// # Panics
    /// When the tier is not available.
    pub fn prepare(self) {
        if let Self::Pronto(tier) = self {
            pin(tier).expect("the tier is available");
        }
    }

    /// Parses each head, and gives the number of fields in all of them.
    ///
    /// # Panics
    /// When a head is refused.
    #[inline]
    pub fn parse(self, heads: &[Vec<u8>]) -> usize {
        match self {
            Self::Pronto(_) => pronto(heads),
            Self::Httparse => httparse(heads),
            Self::Picohttpparser => picohttpparser(heads),
        }
    }

    /// Parses each head as it comes in pieces of `size` octets: after each piece, what is there is tried.
    ///
    /// # Panics
    /// When a head is refused.
    pub fn parse_in_pieces(self, heads: &[Vec<u8>], size: usize) -> usize {
        match self {
            Self::Pronto(_) => pronto_in_pieces(heads, size),
            Self::Httparse => httparse_in_pieces(heads, size),
            Self::Picohttpparser => picohttpparser_in_pieces(heads, size),
        }
    }
}

/// Entries of the tables: what servers have by default.
const TABLE: usize = 100;

fn pronto(heads: &[Vec<u8>]) -> usize {
    let mut table = [FieldSpan::EMPTY; TABLE];
    let mut fields = 0;
    for head in heads {
        let Ok(Progress::Complete(parsed)) = RequestHead::parse(black_box(head), &mut table) else {
            panic!("refused: {}", head.escape_ascii());
        };
        fields += black_box(&parsed).field_count();
        black_box(&table);
    }
    fields
}

fn pronto_in_pieces(heads: &[Vec<u8>], size: usize) -> usize {
    let mut table = [FieldSpan::EMPTY; TABLE];
    let mut fields = 0;
    for head in heads {
        let mut parser = RequestParser::new(HeadLimits::new());
        for end in ends(head.len(), size) {
            if let Progress::Complete(parsed) = parser.parse(black_box(&head[..end]), &mut table).expect("a right head")
            {
                fields += black_box(&parsed).field_count();
                black_box(&table);
            }
        }
    }
    fields
}

/// The table is lent uninitialised, or `httparse` would spend a good part of its time on clearing it.
fn httparse(heads: &[Vec<u8>]) -> usize {
    let mut fields = 0;
    for head in heads {
        let mut table = [const { MaybeUninit::uninit() }; TABLE];
        let mut request = httparse::Request::new(&mut []);
        let Ok(httparse::Status::Complete(_)) = request.parse_with_uninit_headers(black_box(head), &mut table) else {
            panic!("refused: {}", head.escape_ascii());
        };
        fields += black_box(&request).headers.len();
    }
    fields
}

fn httparse_in_pieces(heads: &[Vec<u8>], size: usize) -> usize {
    let mut fields = 0;
    for head in heads {
        for end in ends(head.len(), size) {
            let mut table = [const { MaybeUninit::uninit() }; TABLE];
            let mut request = httparse::Request::new(&mut []);
            let outcome = request.parse_with_uninit_headers(black_box(&head[..end]), &mut table);
            if outcome.expect("a right head").is_complete() {
                fields += black_box(&request).headers.len();
            }
        }
    }
    fields
}

fn picohttpparser(heads: &[Vec<u8>]) -> usize {
    let mut table = [phr_header::default(); TABLE];
    let mut fields = 0;
    for head in heads {
        fields += parse_request(black_box(head), 0, &mut table).expect("a whole head");
        black_box(&table);
    }
    fields
}

fn picohttpparser_in_pieces(heads: &[Vec<u8>], size: usize) -> usize {
    let mut table = [phr_header::default(); TABLE];
    let mut fields = 0;
    for head in heads {
        let mut seen = 0;
        for end in ends(head.len(), size) {
            fields += parse_request(black_box(&head[..end]), seen, &mut table).unwrap_or_default();
            black_box(&table);
            seen = end;
        }
    }
    fields
}

fn ends(length: usize, size: usize) -> impl Iterator<Item = usize> {
    (1..=length.div_ceil(size)).map(move |pieces| length.min(pieces * size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpora::Corpus;

    #[test]
    fn all_parsers_find_the_same_number_of_fields() {
        for corpus in Corpus::all() {
            let expected = Parser::Httparse.parse(&corpus.heads);
            for parser in Parser::all() {
                parser.prepare();
                assert_eq!(parser.parse(&corpus.heads), expected, "{} {}", corpus.name, parser.name());
                assert_eq!(parser.parse_in_pieces(&corpus.heads, 100), expected, "{} {}", corpus.name, parser.name());
            }
        }
    }
}
