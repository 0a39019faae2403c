//! Octets that nobody meant: vectors that are cut, spliced and garbled, and octets at random. Whatever they are, nothing
//! panics, the connection ends when the client has ended, and the outcome depends neither on how they arrive nor on the tier.

use std::sync::{Mutex, PoisonError};

use pronto::{
    connection::Config,
    scan::{Tier, pin, unpin},
};
use proptest::{prelude::*, sample::Index};
use tests::{app::app, memory::Memory, vector};

/// The tier is pinned for the whole process.
static PIN: Mutex<()> = Mutex::new(());

/// What came of octets.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    executed: Vec<String>,
    /// All octets of all replies but 100 (Continue), which depends on whether the content was there already.
    replies: String,
    /// Before the client has ended its side.
    shut: bool,
    /// After that.
    closed: bool,
}

/// Plays octets in pieces that end at these offsets; then the client ends its side.
fn play(octets: &[u8], ends: impl Iterator<Item = usize>) -> Outcome {
    let (app, executed) = app();
    let mut memory = Memory::new(app, Config::new());
    let mut start = 0;
    for end in ends.chain([octets.len()]) {
        memory.feed(&octets[start..end]);
        start = end;
    }
    let shut = memory.shut;
    memory.end();
    let replies = memory.output.escape_ascii().to_string();
    Outcome {
        executed: executed.take(),
        replies: replies.replace(r"HTTP/1.1 100 Continue\r\n\r\n", ""),
        shut,
        closed: memory.closed,
    }
}

/// Holds octets to what goes for all.
fn hold(octets: &[u8], splits: &[Index]) -> Result<(), TestCaseError> {
    let whole = play(octets, [].into_iter());
    prop_assert!(whole.closed, "the connection ends when the client has");
    let mut ends: Vec<_> = splits.iter().map(|split| split.index(octets.len() + 1)).collect();
    ends.sort_unstable();
    prop_assert_eq!(&play(octets, ends.into_iter()), &whole);
    let _alone = PIN.lock().unwrap_or_else(PoisonError::into_inner);
    for tier in Tier::ALL {
        if pin(tier).is_ok() {
            let (at_once, one_by_one) = (play(octets, [].into_iter()), play(octets, 0..octets.len()));
            unpin();
            prop_assert_eq!(&at_once, &whole, "{}", tier);
            prop_assert_eq!(&one_by_one, &whole, "{}, octet by octet", tier);
        }
    }
    Ok(())
}

/// What is done to octets.
#[derive(Clone, Debug)]
enum Mutation {
    Replace(Index, u8),
    Insert(Index, &'static [u8]),
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

impl Mutation {
    fn apply(&self, octets: &mut Vec<u8>) {
        let place = |index: &Index| index.index(octets.len().max(1)).min(octets.len());
        match self {
            Self::Replace(index, octet) => {
                let at = place(index);
                if let Some(place) = octets.get_mut(at) {
                    *place = *octet;
                }
            }
            Self::Insert(index, text) => {
                let at = place(index);
                octets.splice(at..at, text.iter().copied());
            }
            Self::Remove(index, length) => {
                let at = place(index);
                let end = octets.len().min(at + length);
                octets.drain(at..end);
            }
            Self::Repeat(index, length) => {
                let at = place(index);
                let again = octets[at..octets.len().min(at + length)].to_vec();
                octets.splice(at..at, again);
            }
            Self::Cut(index) => octets.truncate(place(index)),
        }
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let octet = prop_oneof![
        3 => prop::sample::select(b"\r\n\t\0 :;,=\"\\/*#%?@[]0159afgxAFG-+_.\x0b\x0c\x1f\x7f\x80\xff".to_vec()),
        1 => any::<u8>(),
    ];
    let text = prop::sample::select(TEXTS.to_vec());
    prop_oneof![
        4 => (any::<Index>(), octet).prop_map(|(index, octet)| Mutation::Replace(index, octet)),
        3 => (any::<Index>(), text).prop_map(|(index, text)| Mutation::Insert(index, text)),
        2 => (any::<Index>(), 1_usize..20).prop_map(|(index, length)| Mutation::Remove(index, length)),
        1 => (any::<Index>(), 1_usize..80).prop_map(|(index, length)| Mutation::Repeat(index, length)),
        1 => any::<Index>().prop_map(Mutation::Cut),
    ]
}

/// What changes the meaning of what is around it.
const TEXTS: [&[u8]; 16] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\r",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"\r\nTransfer-Encoding: chunked",
    b"Connection: close\r\n",
    b"Expect: 100-continue\r\n",
    b"Host: a\r\n",
    b"0\r\n\r\n",
    b"5\r\nhello\r\n",
    b";a=b",
    b" HTTP/1.1\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
];

/// A few vectors, one behind the other, with a few mutations.
fn mutants() -> impl Strategy<Value = Vec<u8>> {
    let sent =
        vector::all().into_iter().map(|vector| vector.sent).filter(|sent| sent.len() < 1_000).collect::<Vec<_>>();
    let vectors = prop::collection::vec(prop::sample::select(sent), 1..4);
    (vectors, prop::collection::vec(mutation(), 0..5)).prop_map(|(vectors, mutations)| {
        let mut octets = vectors.concat();
        for mutation in mutations {
            mutation.apply(&mut octets);
        }
        octets
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn mutants_have_one_outcome(octets in mutants(), splits in prop::collection::vec(any::<Index>(), 0..6)) {
        hold(&octets, &splits)?;
    }

    #[test]
    fn octets_at_random_have_one_outcome(
        octets in prop::collection::vec(any::<u8>(), 0..200),
        splits in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        hold(&octets, &splits)?;
    }
}
