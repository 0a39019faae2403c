//! Whether memory grows.

/// The memory that a server had in use, in KiB.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    most: u64,
    /// While it had no clients, and how many requests it had answered by then.
    rests: Vec<(u64, u64)>,
}

/// What an allocator may keep of what was given back, in KiB, besides a tenth.
const SLACK: u64 = 2 * 1024;

/// Above this it is too much in any case, with clients that ask for all they can get. In KiB.
const MOST: u64 = 256 * 1024;

impl Memory {
    pub(crate) fn note_busy(&mut self, memory: u64) {
        self.most = self.most.max(memory);
    }

    pub(crate) fn note_rest(&mut self, memory: u64, answered: u64) {
        self.note_busy(memory);
        self.rests.push((memory, answered));
    }

    /// Compares the median at rest in the last third of the time with that in the third before: what is kept on purpose was
    /// there by then, and what is lost goes on.
    ///
    /// # Errors
    /// How it has grown.
    pub(crate) fn judge(&self) -> Result<String, String> {
        let third = self.rests.len() / 3;
        let (before, last) = self.rests[third..].split_at((self.rests.len() - third) / 2);
        let ((before, earlier), (last, later)) = (median(before), median(last));
        let report = format!(
            "memory at rest: {} KiB first, {before} KiB after {earlier} requests, {last} KiB after {later}; {} KiB at most",
            self.rests.first().map_or(0, |&(first, _)| first),
            self.most
        );
        if last > before + before / 10 + SLACK || self.most > MOST {
            return Err(format!("memory grows. {report}: {:?}", self.rests));
        }
        Ok(report)
    }
}

/// By memory.
fn median(rests: &[(u64, u64)]) -> (u64, u64) {
    let mut sorted = rests.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}
