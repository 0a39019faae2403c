use core::{
    fmt,
    sync::atomic::{AtomicU8, Ordering},
};

use super::{InstructionSet, scalar::Scalar};
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
use super::{avx2::Avx2, avx512::Avx512, sse42::Sse42};

/// A set of instructions that the scanners are compiled for.
///
/// ```
/// use pronto::scan::Tier;
///
/// println!("scanning with {}", Tier::in_use());
/// assert!(Tier::Scalar.is_available());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Tier {
    /// 8 octets at a time in general registers; on every processor.
    Scalar,
    /// 16 octets at a time; x86 with SSE4.2 and `popcnt`.
    Sse42,
    /// 32 octets at a time; x86 with AVX2, BMI1, BMI2 and `popcnt`.
    Avx2,
    /// 64 octets at a time; x86 with the AVX-512 of Ice Lake and Zen 4: F, BW, VL and VBMI2.
    Avx512,
}

impl Tier {
    /// All tiers, the narrowest first.
    pub const ALL: [Self; 4] = [Self::Scalar, Self::Sse42, Self::Avx2, Self::Avx512];

    /// The tier that scans use: the widest that is available, unless one was [pinned](pin).
    #[inline]
    pub fn in_use() -> Self {
        match CHOICE.load(Ordering::Relaxed) {
            SCALAR => Self::Scalar,
            SSE42 => Self::Sse42,
            AVX2 => Self::Avx2,
            AVX512 => Self::Avx512,
            _ => choose(),
        }
    }

    /// Whether this build has the tier and this processor can run it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Sse42 => Sse42::new().is_some(),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Avx2 => Avx2::new().is_some(),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Avx512 => Avx512::new().is_some(),
            #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
            Self::Sse42 | Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// `scalar`, `sse4.2`, `avx2` or `avx512`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Sse42 => "sse4.2",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// Makes every scan of this process use one tier, from now on. What is found does not depend on the tier: this is for
/// tests, measurements, and processors whose wide vectors are slow.
///
/// # Errors
/// [`Unavailable`], and nothing is changed, when this build or this processor does not have the tier.
pub fn pin(tier: Tier) -> Result<(), Unavailable> {
    if !tier.is_available() {
        return Err(Unavailable(tier));
    }
    CHOICE.store(number(tier), Ordering::Relaxed);
    Ok(())
}

/// Takes back a [`pin`].
pub fn unpin() {
    CHOICE.store(UNKNOWN, Ordering::Relaxed);
}

/// A tier that this build or this processor does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Unavailable(pub Tier);

impl fmt::Display for Unavailable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the tier {} is not to be had here", self.0)
    }
}

impl core::error::Error for Unavailable {}

/// Something to do with the instructions of a tier, whichever it is. `run` is inlined into code that is compiled for
/// the tier.
pub(crate) trait Scan {
    type Output;

    fn run<I: InstructionSet>(self, instructions: I) -> Self::Output;
}

/// Does it with the tier in use.
#[inline]
pub(crate) fn dispatch<S: Scan>(scan: S) -> S::Output {
    match Tier::in_use() {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Tier::Avx512 => match Avx512::new() {
            Some(tier) => tier.run(scan),
            None => Scalar.run(scan),
        },
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Tier::Avx2 => match Avx2::new() {
            Some(tier) => tier.run(scan),
            None => Scalar.run(scan),
        },
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        Tier::Sse42 => match Sse42::new() {
            Some(tier) => tier.run(scan),
            None => Scalar.run(scan),
        },
        _ => Scalar.run(scan),
    }
}

#[cold]
fn choose() -> Tier {
    let widest = Tier::ALL.into_iter().rev().find(|tier| tier.is_available()).unwrap_or(Tier::Scalar);
    CHOICE.store(number(widest), Ordering::Relaxed);
    widest
}

/// The choice, as a number that fits an atomic. The order of memory does not matter: whatever a thread sees works.
static CHOICE: AtomicU8 = AtomicU8::new(UNKNOWN);

const UNKNOWN: u8 = 0;
const SCALAR: u8 = 1;
const SSE42: u8 = 2;
const AVX2: u8 = 3;
const AVX512: u8 = 4;

const fn number(tier: Tier) -> u8 {
    match tier {
        Tier::Scalar => SCALAR,
        Tier::Sse42 => SSE42,
        Tier::Avx2 => AVX2,
        Tier::Avx512 => AVX512,
    }
}
