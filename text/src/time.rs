//! Points in time, in whole milliseconds: the API shows no more, so the sync compares no more.

use chrono::{DateTime, Datelike, NaiveDate};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, within the years 1970 to 9999.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(i64);

/// One second, in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One hour, in milliseconds. No wait is longer: a longer one is more likely a misread header than intended.
pub const HOUR_MS: i64 = 3_600 * SECOND_MS;

/// Month names in an HTTP `Date`.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Millis {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// 9999-12-31T23:59:59.999Z, the last time that RFC 3339 can express.
    pub const LAST: Self = Self(253_402_300_799_999);

    /// Creates a time from milliseconds since 1970. A value outside the years 1970 to 9999 becomes the nearest bound.
    pub fn new(ms: i64) -> Self {
        Self(ms.clamp(0, Self::LAST.0))
    }

    /// Returns the milliseconds since 1970.
    pub fn get(self) -> i64 {
        self.0
    }

    /// Returns the time that is `ms` later (earlier if negative), clamped to the range.
    pub fn plus(self, ms: i64) -> Self {
        Self::new(self.0.saturating_add(ms))
    }

    /// Returns the milliseconds from `earlier` to this time. Negative if `earlier` is later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// Parses an RFC 3339 date with a zone, truncated to the millisecond.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        instant_ms(text).filter(|ms| (0..=Self::LAST.0).contains(ms)).map(Self)
    }

    /// Parses the `Date` of an HTTP answer (IMF-fixdate, RFC 9110 section 5.6.7), in whole seconds.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        // `Sun, 06 Nov 1994 08:49:37 GMT` is rewritten, since a separate parser would take 4 kB of the component.
        let (date, time) = text.split_at_checked(17)?;
        let (day, month, year) = (date.get(5..7)?, date.get(8..11)?, date.get(12..16)?);
        let month = MONTHS.iter().position(|name| *name == month)? + 1;
        let zero = if month < 10 { "0" } else { "" };
        let clock = time.strip_suffix(" GMT")?;
        Self::parse_rfc3339(&format!("{year}-{zero}{month}-{day}T{clock}Z"))
    }
}

/// Parses an RFC 3339 date with a zone, of the years 0000 to 9999, as milliseconds since 1970, truncated.
pub fn instant_ms(text: &str) -> Option<i64> {
    let (date, rest) = text.as_bytes().split_at_checked(10)?;
    let (clock, rest) = rest.split_at_checked(9)?;
    let [y @ .., b'-', m1, m2, b'-', d1, d2] = date else { return None };
    let [b'T' | b't' | b' ', h1, h2, b':', n1, n2, b':', s1, s2] = clock else { return None };
    let days = NaiveDate::from_ymd_opt(
        i32::try_from(digits(y)?).ok()?,
        u32::try_from(digits(&[*m1, *m2])?).ok()?,
        u32::try_from(digits(&[*d1, *d2])?).ok()?,
    )?
    .signed_duration_since(NaiveDate::default())
    .num_days();
    let (hour, minute) = (digits(&[*h1, *h2])?, digits(&[*n1, *n2])?);
    let second = digits(&[*s1, *s2])?;
    // A leap second, `:60`, is valid.
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction_ms, zone) = fraction(rest)?;
    let minutes = (days * 24 + hour) * 60 + minute - offset_minutes(zone)?;
    Some((minutes * 60 + second) * SECOND_MS + fraction_ms)
}

/// Parses a number that consists only of digits.
fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0, |number: i64, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

/// Returns the fraction of a second in milliseconds, and what follows it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(text) = text.strip_prefix(b".") else { return Some((0, text)) };
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let place = |at: usize| if at < length { i64::from(text[at] - b'0') } else { 0 };
    let ms = place(0) * 100 + place(1) * 10 + place(2);
    (length > 0).then_some((ms, text.get(length..)?))
}

/// Parses a zone, `Z` or `+01:00`, as minutes east of UTC.
fn offset_minutes(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hour, minute) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
            let minutes = hour * 60 + minute;
            (hour <= 23 && minute <= 59).then_some(if *sign == b'-' { -minutes } else { minutes })
        }
        _ => None,
    }
}

/// Writes a number into these digits. Written by hand, since chrono's own formatter takes 1 kB of the component.
fn put(places: &mut [u8], mut number: i64) {
    for place in places.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl std::fmt::Display for Millis {
    /// Writes RFC 3339 in UTC with milliseconds: `2026-11-22T10:00:00.000Z`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let date = DateTime::from_timestamp_millis(self.0).unwrap_or_default().date_naive();
        let seconds = self.0 / SECOND_MS;
        let mut text = *b"0000-00-00T00:00:00.000Z";
        put(&mut text[..4], date.year().into());
        put(&mut text[5..7], date.month().into());
        put(&mut text[8..10], date.day().into());
        put(&mut text[11..13], seconds / 3_600 % 24);
        put(&mut text[14..16], seconds / 60 % 60);
        put(&mut text[17..19], seconds % 60);
        put(&mut text[20..23], self.0 % SECOND_MS);
        out.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_truncated_not_rounded() {
        let time = Millis::parse_rfc3339("2026-11-22T10:00:00.123999+01:00").unwrap();
        assert_eq!(time.to_string(), "2026-11-22T09:00:00.123Z");
    }

    #[test]
    fn a_time_without_a_zone_is_refused() {
        assert_eq!(Millis::parse_rfc3339("2026-11-22T10:00:00"), None);
    }

    #[test]
    fn times_are_parsed_as_chrono_parses_them() {
        for text in [
            "2026-11-22T10:00:00Z",
            "2024-02-29t23:59:60.9-00:30",
            "2026-11-22 10:00:00.1234567890123+23:59",
            "1970-01-01T00:00:00+00:01",
            "2023-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T10:60:00Z",
            "2026-11-22T10:00:61Z",
            "2026-11-22T10:00:00.Z",
            "2026-11-22T10:00:00+24:00",
            "2026-11-22T10:00:00+00:60",
            "2026-11-22T10:00:00+0100",
            "2026-11-22T10:00:00Zx",
            "2026-11-22T10:00",
            "2026-11-22",
            "+026-11-22T10:00:00Z",
            "2026-11-22T10:00:\u{fc}Z",
            "",
        ] {
            let wanted =
                DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis());
            let wanted = wanted.filter(|ms| *ms >= 0).map(Millis);
            assert_eq!(Millis::parse_rfc3339(text), wanted, "{text}");
        }
    }

    #[test]
    fn times_are_formatted_as_chrono_formats_them() {
        for ms in [0, 1, 68_169_599_999, 951_782_400_010, 1_735_689_599_100, Millis::LAST.0] {
            let time = DateTime::from_timestamp_millis(ms).unwrap();
            let wanted = time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            assert_eq!(Millis(ms).to_string(), wanted);
        }
    }

    #[test]
    fn http_dates_are_parsed() {
        let time = Millis::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(time.to_string(), "1994-11-06T08:49:37.000Z");
        assert_eq!(Millis::parse_http_date("soon"), None);
    }

    #[test]
    fn arithmetic_stays_in_range() {
        assert_eq!(Millis::LAST.plus(i64::MAX), Millis::LAST);
        assert_eq!(Millis::EPOCH.plus(-1), Millis::EPOCH);
    }
}
