//! Every tier against a reading of the octets one by one.

use alloc::{vec, vec::Vec};
use std::{
    eprintln,
    sync::{Mutex, PoisonError},
};

use super::{
    BLOCK, Class, InstructionSet, ROOM, Scan, Tier, Unavailable, WINDOW, is_field_octet, is_target_octet,
    is_token_octet, scalar::Scalar,
};

/// Runs a check on every tier that this machine has, and says which it has not.
fn on_every_tier<S: Scan<Output = ()> + Copy>(check: S) {
    check.run(Scalar);
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        match super::sse42::Sse42::new() {
            Some(tier) => tier.run(check),
            None => eprintln!("skipped: {} is not available", Tier::Sse42),
        }
        match super::avx2::Avx2::new() {
            Some(tier) => tier.run(check),
            None => eprintln!("skipped: {} is not available", Tier::Avx2),
        }
        match super::avx512::Avx512::new() {
            Some(tier) => tier.run(check),
            None => eprintln!("skipped: {} is not available", Tier::Avx512),
        }
    }
}

/// Runs a check with each tier in use that this machine has, one after the other: a tier is pinned for the whole process.
pub(crate) fn with_every_tier(mut check: impl FnMut(Tier)) {
    static PIN: Mutex<()> = Mutex::new(());
    let _alone = PIN.lock().unwrap_or_else(PoisonError::into_inner);
    for tier in Tier::ALL {
        match super::pin(tier) {
            Ok(()) => check(tier),
            Err(error) => eprintln!("skipped: {error}"),
        }
    }
    super::unpin();
}

/// The octets in a class, looked at one by one.
fn expected(octets: &[u8], class: Class) -> u64 {
    octets.iter().enumerate().fold(0, |mask, (offset, &octet)| mask | u64::from(class.has(octet)) << offset)
}

/// All classes, one octet for itself among them.
const fn classes(octet: u8) -> [Class; 7] {
    [
        Class::NoText,
        Class::Controls,
        Class::TargetStops,
        Class::TokenStops,
        Class::HostStops,
        Class::Equal(b'\r'),
        Class::Equal(octet),
    ]
}

fn check_block<I: InstructionSet>(instructions: I, block: &[u8; BLOCK]) {
    for class in classes(block[7]) {
        assert_eq!(instructions.block(class, block), expected(block, class), "{class:?} in {block:02x?}");
    }
    if let Some(window) = block.last_chunk() {
        check_window(instructions, window);
    }
}

fn check_window<I: InstructionSet>(instructions: I, window: &[u8; WINDOW]) {
    for class in classes(window[7]) {
        let mask = u64::from(instructions.window(class, window));
        assert_eq!(mask, expected(window, class), "{class:?} in {window:02x?}");
        for from in [0, 1, 15, 16, 31] {
            let length = window[from..].iter().position(|&octet| class.has(octet)).unwrap_or(WINDOW);
            assert_eq!(
                instructions.length_before(class, window, from),
                length,
                "{class:?} from {from} on in {window:02x?}"
            );
        }
    }
}

#[derive(Clone, Copy)]
struct EveryOctetInEveryLane;

impl Scan for EveryOctetInEveryLane {
    type Output = ();

    fn run<I: InstructionSet>(self, instructions: I) {
        for filler in [b'a', 0x00, 0xff, b' '] {
            for octet in 0..=u8::MAX {
                for lane in 0..BLOCK {
                    let mut block = [filler; BLOCK];
                    block[lane] = octet;
                    check_block(instructions, &block);
                }
            }
        }
    }
}

#[test]
fn every_tier_classifies_every_octet_in_every_lane() {
    on_every_tier(EveryOctetInEveryLane);
}

#[derive(Clone, Copy)]
struct AtOffsets<'a>(&'a [u8]);

impl Scan for AtOffsets<'_> {
    type Output = ();

    fn run<I: InstructionSet>(self, instructions: I) {
        for offset in 0..self.0.len() {
            if let Some(block) = self.0[offset..].first_chunk() {
                check_block(instructions, block);
            }
        }
    }
}

#[test]
fn every_tier_loads_from_every_alignment() {
    let octets: Vec<u8> = (0..=u8::MAX).cycle().take(3 * 256).collect();
    on_every_tier(AtOffsets(&octets));
}

proptest::proptest! {
    #[test]
    fn every_tier_agrees_on_random_octets(octets in proptest::collection::vec(proptest::num::u8::ANY, 64..200)) {
        on_every_tier(AtOffsets(&octets));
    }
}

#[derive(Clone, Copy)]
struct PlacesOf(u64);

impl Scan for PlacesOf {
    type Output = ();

    fn run<I: InstructionSet>(self, instructions: I) {
        for from in [0, 1, 64, 16_000, usize::from(u16::MAX) - BLOCK] {
            let expected: Vec<_> =
                (0..BLOCK).filter(|bit| self.0 >> bit & 1 == 1).map(|bit| (from + bit) as u16).collect();
            let expected = &expected[..expected.len().min(ROOM)];
            let mut room = [u16::MAX; ROOM];
            instructions.places(self.0, from, &mut room);
            assert_eq!(&room[..expected.len()], expected, "places of {:064b} from {from} on", self.0);
        }
    }
}

#[test]
fn every_tier_writes_down_the_places_of_bits() {
    for mask in [0, 1, 1 << 63, u64::MAX, 0x5555_5555_5555_5555, 0xaaaa_aaaa_aaaa_aaaa] {
        on_every_tier(PlacesOf(mask));
    }
    let mut mask = 0x0123_4567_89ab_cdef_u64;
    for _ in 0..1_000 {
        mask = mask.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        on_every_tier(PlacesOf(mask));
        on_every_tier(PlacesOf(mask & mask >> 1 & mask >> 2));
    }
}

#[test]
fn classes_of_octets_are_those_of_the_grammar() {
    for octet in 0..=u8::MAX {
        let visible = (0x21..=0x7e).contains(&octet);
        assert_eq!(is_token_octet(octet), visible && !b"\"(),/:;<=>?@[\\]{}".contains(&octet), "{octet:02x}");
        assert_eq!(is_field_octet(octet), visible || b" \t".contains(&octet) || octet >= 0x80, "{octet:02x}");
        assert_eq!(is_target_octet(octet), visible && octet != b'#', "{octet:02x}");
    }
}

#[test]
fn a_pinned_tier_is_in_use_and_a_missing_one_is_refused() {
    with_every_tier(|tier| assert_eq!(Tier::in_use(), tier));
    for tier in Tier::ALL.into_iter().filter(|tier| !tier.is_available()) {
        assert_eq!(super::pin(tier), Err(Unavailable(tier)));
    }
    assert!(Tier::in_use().is_available());
}

/// Octets that end where the memory does: reading one further is a fault of the process.
#[cfg(unix)]
#[allow(unsafe_code, reason = "maps pages to put octets at the end of one")]
fn at_the_end_of_a_page(octets: &[u8], check: impl FnOnce(&[u8])) {
    use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};

    const PAGE: usize = 4096;
    let whole = octets.len().next_multiple_of(PAGE);
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a fresh private mapping anywhere touches no memory in use.
    let start = unsafe { mmap_anonymous(core::ptr::null_mut(), whole + PAGE, protection, MapFlags::PRIVATE) }.unwrap();
    let first = start.cast::<u8>();
    // SAFETY: the last page of the mapping, which nothing refers to.
    unsafe { mprotect(first.wrapping_add(whole).cast(), PAGE, MprotectFlags::empty()) }.unwrap();
    let place = first.wrapping_add(whole - octets.len());
    // SAFETY: `place` and the octets behind it lie in the pages that may be written, and in nothing else.
    unsafe { place.copy_from_nonoverlapping(octets.as_ptr(), octets.len()) };
    // SAFETY: just written, and mapped until the slice is gone.
    check(unsafe { core::slice::from_raw_parts(place, octets.len()) });
    // SAFETY: the mapping made above, which nothing refers to any more.
    unsafe { munmap(start, whole + PAGE) }.unwrap();
}

/// All lengths that make a difference, so that the input ends in every place of a block.
#[cfg(unix)]
#[test]
fn no_tier_reads_behind_the_input() {
    use crate::head::{FieldSpan, RequestHead, RequestParser, ResponseHead};

    with_every_tier(|_| {
        for length in 0..=200 {
            let mut request = b"GET /".to_vec();
            request.resize(5 + length % 70, b'p');
            request.extend_from_slice(b" HTTP/1.1\r\nHost: a\r\nX: ");
            request.resize(request.len() + length, b'v');
            request.extend_from_slice(b"\r\n\r\n");
            let response = [&b"HTTP/1.1 200 OK\r\nX: "[..], &vec![b'v'; length], b"\r\n\r\n"].concat();
            for cut in [0, 1, 2, 3, 4, 5, 20] {
                at_the_end_of_a_page(&request[..request.len() - cut], |input| {
                    let mut fields = [FieldSpan::EMPTY; 4];
                    let _ = RequestHead::parse(input, &mut fields);
                    let _ = RequestHead::parse(input, &mut []);
                    let mut parser = RequestParser::new(Default::default());
                    let _ = parser.parse(&input[..input.len() / 2], &mut fields);
                    let _ = parser.parse(input, &mut fields);
                });
                at_the_end_of_a_page(&response[..response.len() - cut], |input| {
                    let _ = ResponseHead::parse(input, &mut [FieldSpan::EMPTY; 4]);
                });
            }
        }
    });
}
