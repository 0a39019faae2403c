use crate::head::{DAYS, LAST_SECOND, MONTHS, civil};

/// Octets of a date in a field.
pub const DATE_LENGTH: usize = 29;

/// A point in time as fields carry it, from seconds since 1970 (RFC 9110 5.6.7).
///
/// ```abnf
/// IMF-fixdate = day-name "," SP day SP month SP year SP time-of-day SP "GMT"
/// ```
///
/// ```
/// assert_eq!(&pronto::response::format_date(784_111_777), b"Sun, 06 Nov 1994 08:49:37 GMT");
/// ```
///
/// The year is written with four digits: from 10000 on the date stays at the end of 9999.
pub fn format_date(unix_seconds: u64) -> [u8; DATE_LENGTH] {
    let seconds = unix_seconds.min(LAST_SECOND);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let mut date = *b"ddd, 00 mmm 0000 00:00:00 GMT";
    let weekday = (days + 4) as usize % 7;
    date[..3].copy_from_slice(&DAYS[weekday]);
    put_two(&mut date[5..7], day);
    date[8..11].copy_from_slice(&MONTHS[month as usize]);
    put_two(&mut date[12..14], year / 100);
    put_two(&mut date[14..16], year % 100);
    put_two(&mut date[17..19], second / 3600);
    put_two(&mut date[20..22], second / 60 % 60);
    put_two(&mut date[23..25], second % 60);
    date
}

fn put_two(place: &mut [u8], number: u64) {
    place.copy_from_slice(&[b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]);
}
