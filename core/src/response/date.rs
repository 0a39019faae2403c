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

/// Year, month from 0 and day from 1 of a day since 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    // Days are counted in eras of 400 years that begin on a first of March, so that a leap day ends its year.
    let day = days + 719_468;
    let (era, day_of_era) = (day / 146_097, day % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    (era * 400 + year_of_era + u64::from(month < 2), month, day)
}

fn put_two(place: &mut [u8], number: u64) {
    place.copy_from_slice(&[b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]);
}

const DAYS: [[u8; 3]; 7] = [*b"Sun", *b"Mon", *b"Tue", *b"Wed", *b"Thu", *b"Fri", *b"Sat"];

const MONTHS: [[u8; 3]; 12] =
    [*b"Jan", *b"Feb", *b"Mar", *b"Apr", *b"May", *b"Jun", *b"Jul", *b"Aug", *b"Sep", *b"Oct", *b"Nov", *b"Dec"];

/// 9999-12-31 23:59:59.
const LAST_SECOND: u64 = 253_402_300_799;
