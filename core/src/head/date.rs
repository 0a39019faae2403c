//! Points in time, as fields carry them.

/// The point in time that a field carries, in seconds since 1970, in each of the three forms that a recipient has to
/// understand; `None` for anything else, and for what no calendar has (RFC 9110 5.6.7).
///
/// ```abnf
/// HTTP-date    = IMF-fixdate / obs-date
/// IMF-fixdate  = day-name "," SP day SP month SP year SP time-of-day SP GMT
/// obs-date     = rfc850-date / asctime-date
/// rfc850-date  = day-name-l "," SP 2DIGIT "-" month "-" 2DIGIT SP time-of-day SP GMT
/// asctime-date = day-name SP month SP ( 2DIGIT / ( SP 1DIGIT ) ) SP time-of-day SP year
/// ```
///
/// `now`, in seconds since 1970, tells which century is meant by a year of two digits: it is the latest one that is at most
/// 50 years ahead. The name of the day has to be one, and is not compared with the date. A leap second is the first of the
/// next minute.
///
/// ```
/// use pronto::head::parse_date;
///
/// let now = 1_800_000_000;
/// assert_eq!(parse_date(b"Sun, 06 Nov 1994 08:49:37 GMT", now), Some(784_111_777));
/// assert_eq!(parse_date(b"Sunday, 06-Nov-94 08:49:37 GMT", now), Some(784_111_777));
/// assert_eq!(parse_date(b"Sun Nov  6 08:49:37 1994", now), Some(784_111_777));
/// assert_eq!(parse_date(b"1994-11-06T08:49:37Z", now), None);
/// ```
pub fn parse_date(value: &[u8], now: u64) -> Option<i64> {
    let comma = value.iter().take(LONGEST_DAY + 1).position(|&octet| octet == b',');
    let (day_name, date) = match (comma, value.first_chunk()) {
        (Some(comma), _) => (value.get(..comma)?, value.get(comma + 1..)?),
        (None, Some(&name)) if DAYS.contains(&name) => return asctime(value.get(name.len()..)?),
        (None, _) => return None,
    };
    match *date {
        [b' ', d1, d2, b' ', m1, m2, m3, b' ', y1, y2, y3, y4, b' ', ref time @ .., b' ', b'G', b'M', b'T'] => {
            let _known = DAYS.iter().find(|day| *day == day_name)?;
            let year = two_digits([y1, y2])? * 100 + two_digits([y3, y4])?;
            seconds(Date { year, month: month([m1, m2, m3])?, day: two_digits([d1, d2])? }, time_of_day(time)?)
        }
        [b' ', d1, d2, b'-', m1, m2, m3, b'-', y1, y2, b' ', ref time @ .., b' ', b'G', b'M', b'T'] => {
            let _known = LONG_DAYS.iter().find(|day| day.as_bytes() == day_name)?;
            let date = Date { year: two_digits([y1, y2])?, month: month([m1, m2, m3])?, day: two_digits([d1, d2])? };
            let time = time_of_day(time)?;
            seconds(in_its_century(date, time, now), time)
        }
        _ => None,
    }
}

/// What stands behind the name of the day in the form of `asctime`.
fn asctime(rest: &[u8]) -> Option<i64> {
    let [b' ', m1, m2, m3, b' ', d1, d2, b' ', ref time @ .., b' ', y1, y2, y3, y4] = *rest else { return None };
    let year = two_digits([y1, y2])? * 100 + two_digits([y3, y4])?;
    let day = two_digits([if d1 == b' ' { b'0' } else { d1 }, d2])?;
    seconds(Date { year, month: month([m1, m2, m3])?, day }, time_of_day(time)?)
}

/// A day of the calendar. The order of the fields makes earlier days less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Date {
    year: u64,
    /// From 0.
    month: u64,
    /// From 1.
    day: u64,
}

/// The same date of the latest century that does not lie more than 50 years ahead.
fn in_its_century(date: Date, time: u64, now: u64) -> Date {
    let now = now.min(LAST_SECOND);
    let (year, month, day) = civil(now / DAY);
    let latest = (Date { year: year + 50, month, day }, now % DAY);
    let in_year = |year| Date { year, ..date };
    let century = (year + 50) / 100 * 100;
    let here = in_year(century + date.year);
    if (here, time) > latest { in_year((century + date.year).saturating_sub(100)) } else { here }
}

/// A time of a day, unless the calendar has no such day.
fn seconds(date: Date, time: u64) -> Option<i64> {
    let Date { year, month, day } = date;
    let is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_month = match month {
        1 if is_leap_year => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    };
    if day == 0 || day > days_of_month {
        return None;
    }
    // As in `civil`: years that begin on a first of March, in eras of 400. One era ahead, so that nothing is negative.
    let year = year + 400 - u64::from(month < 2);
    let month_from_march = (month + 10) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year;
    let days = i64::try_from(days).ok()? - DAYS_TO_1970 - 146_097;
    Some(days * DAY as i64 + i64::try_from(time).ok()?)
}

/// Year, month from 0 and day from 1 of a day since 1970.
pub(crate) fn civil(days: u64) -> (u64, u64, u64) {
    // Days are counted in eras of 400 years that begin on a first of March, so that a leap day ends its year.
    let day = days + DAYS_TO_1970 as u64;
    let (era, day_of_era) = (day / 146_097, day % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12;
    (era * 400 + year_of_era + u64::from(month < 2), month, day)
}

/// Seconds since midnight.
fn time_of_day(time: &[u8]) -> Option<u64> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = *time else { return None };
    let (hour, minute, second) = (two_digits([h1, h2])?, two_digits([m1, m2])?, two_digits([s1, s2])?);
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3600 + minute * 60 + second)
}

/// The place of a month in the year, from 0.
fn month(name: [u8; 3]) -> Option<u64> {
    MONTHS.iter().position(|&other| other == name).map(|place| place as u64)
}

fn two_digits(digits: [u8; 2]) -> Option<u64> {
    let [tens, ones] = digits;
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| u64::from(tens - b'0') * 10 + u64::from(ones - b'0'))
}

pub(crate) const DAYS: [[u8; 3]; 7] = [*b"Sun", *b"Mon", *b"Tue", *b"Wed", *b"Thu", *b"Fri", *b"Sat"];

const LONG_DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const LONGEST_DAY: usize = "Wednesday".len();

pub(crate) const MONTHS: [[u8; 3]; 12] =
    [*b"Jan", *b"Feb", *b"Mar", *b"Apr", *b"May", *b"Jun", *b"Jul", *b"Aug", *b"Sep", *b"Oct", *b"Nov", *b"Dec"];

/// Seconds of a day.
const DAY: u64 = 86_400;

/// 9999-12-31 23:59:59: years have four digits.
pub(crate) const LAST_SECOND: u64 = 253_402_300_799;

/// Days from the first of March of the year 0 to 1970.
const DAYS_TO_1970: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::format_date;

    /// 2026-11-23 23:06:40.
    const NOW: u64 = 1_795_475_200;

    #[test]
    fn what_is_written_is_read_again() {
        // All days of more than one era, and some of each later month.
        for day in (0..160_000).chain((160_000..2_932_897).step_by(29)) {
            let second = day * DAY + day * 7_919 % DAY;
            assert_eq!(parse_date(&format_date(second), NOW), Some(second as i64));
        }
    }

    #[test]
    fn a_year_of_two_digits_is_at_most_50_years_ahead() {
        let cases = [
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Wednesday, 01-Jan-70 00:00:00 GMT", 3_155_760_000),
            ("Monday, 23-Nov-76 23:06:40 GMT", 3_373_398_400),
            ("Tuesday, 23-Nov-76 23:06:41 GMT", 217_638_401),
            ("Friday, 31-Dec-99 23:59:59 GMT", 946_684_799),
            ("Saturday, 01-Jan-00 00:00:00 GMT", 946_684_800),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_date(text.as_bytes(), NOW), Some(expected), "{text}");
        }
        // 1999: what is written 01 is yet to come.
        assert_eq!(parse_date(b"Monday, 01-Jan-01 00:00:00 GMT", 940_000_000), Some(978_307_200));
        assert_eq!(parse_date(b"Monday, 01-Jan-60 00:00:00 GMT", 0), Some(-315_619_200));
        assert!(parse_date(b"Monday, 01-Jan-60 00:00:00 GMT", u64::MAX).is_some());
    }

    #[test]
    fn dates_before_1970_and_leap_seconds_are_dates() {
        let cases = [
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Thu, 01 Jan 0000 00:00:00 GMT", -62_167_219_200),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            ("Thu Jan 11 00:00:09 1973", 95_558_409),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_date(text.as_bytes(), NOW), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        let cases = [
            "",
            ",",
            "Sun",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 gmt",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Son, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06-Nov-94 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Wed, 31 Nov 1994 08:49:37 GMT",
            "Wed, 29 Feb 1900 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov 1994  8:49:37 GMT",
            "Sun, 06 Nov +994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
            "Sun Nov 06 08:49:37 1994 GMT",
            "Sun Nov  06 08:49:37 1994",
            "Sun Nov 6 08:49:37 1994",
            "Xyz Nov  6 08:49:37 1994",
            "Wednesdays, 06-Nov-94 08:49:37 GMT",
        ];
        for text in cases {
            assert_eq!(parse_date(text.as_bytes(), NOW), None, "{text:?}");
        }
    }
}
