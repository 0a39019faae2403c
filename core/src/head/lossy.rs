use core::fmt::{self, Write};

/// Writes octets as the UTF-8 that they are, with replacement characters for what is none.
pub(super) fn write_lossy(formatter: &mut fmt::Formatter<'_>, octets: impl Iterator<Item = u8>) -> fmt::Result {
    // A character has up to four octets; those of one that is not complete wait here.
    let mut pending = heapless::Vec::<u8, 4>::new();
    let mut octets = octets.fuse();
    loop {
        let next = octets.next();
        let full = next.is_some_and(|octet| pending.push(octet).is_err());
        debug_assert!(!full, "at most three octets wait");
        match str::from_utf8(&pending) {
            Ok(text) => {
                formatter.write_str(text)?;
                pending.clear();
            }
            Err(error) if error.error_len().is_none() && next.is_some() => {}
            Err(error) => {
                // The octets up to the one that cannot follow are no character; that one may begin another.
                let wrong = error.error_len().unwrap_or(pending.len());
                formatter.write_char(char::REPLACEMENT_CHARACTER)?;
                pending = heapless::Vec::from_slice(&pending[wrong..]).unwrap_or_default();
                if let Ok(text) = str::from_utf8(&pending) {
                    formatter.write_str(text)?;
                    pending.clear();
                }
            }
        }
        if next.is_none() {
            return Ok(());
        }
    }
}

/// Whether octets are UTF-8.
pub(super) fn is_utf8(octets: impl Iterator<Item = u8>) -> bool {
    let mut pending = heapless::Vec::<u8, 4>::new();
    for octet in octets {
        if pending.is_empty() && octet.is_ascii() {
            continue;
        }
        if pending.push(octet).is_err() {
            return false;
        }
        match str::from_utf8(&pending) {
            Ok(_) => pending.clear(),
            Err(error) if error.error_len().is_none() => {}
            Err(_) => return false,
        }
    }
    pending.is_empty()
}
