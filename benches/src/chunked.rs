//! Content in the chunked coding, and a loop that decodes it.

use std::hint::black_box;

use pronto::framing::{ContentDecoder, ContentLimits, Framing, Part};

/// A content of so many chunks, whose sizes are made of random numbers.
pub fn content(chunks: usize, size: impl Fn(usize) -> usize) -> Vec<u8> {
    let mut input = Vec::new();
    let mut random = 1_u64;
    for _ in 0..chunks {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let size = size((random >> 40) as usize);
        input.extend_from_slice(format!("{size:x}\r\n").as_bytes());
        input.resize(input.len() + size, b'x');
        input.extend_from_slice(b"\r\n");
    }
    input.extend_from_slice(b"0\r\n\r\n");
    input
}

/// Decodes it, and counts the octets of content, each slice of which is seen by the compiler to be used.
pub fn decode(input: &[u8]) -> usize {
    let mut decoder = ContentDecoder::new(Framing::Chunked, ContentLimits::new(u64::MAX));
    let mut at = 0;
    let mut octets = 0;
    loop {
        let decoded = decoder.decode(&input[at..]).expect("the content is valid");
        at += decoded.consumed;
        match decoded.part {
            Part::Content(content) => octets += black_box(content).len(),
            Part::Trailers(_) | Part::NeedInput => {
                unreachable!("the content is whole and has no trailers")
            }
            Part::End => return octets,
        }
    }
}
