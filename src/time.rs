//! Points in time, in whole milliseconds: all that the API shows, and so all that the sync compares.

use chrono::{DateTime, SecondsFormat};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, within the years 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(i64);

/// One second, in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One hour, in milliseconds. No wait is longer: a longer one is more likely a misread header than a wish.
pub const HOUR_MS: i64 = 3_600 * SECOND_MS;

/// As a `Date` names them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Millis {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// 9999-12-31T23:59:59.999Z, the last time that RFC 3339 can write.
    pub const LAST: Self = Self(253_402_300_799_999);

    /// From milliseconds since 1970; a value outside the years 1970 to 9999 becomes the nearest end.
    pub fn new(ms: i64) -> Self {
        Self(ms.clamp(0, Self::LAST.0))
    }

    /// Milliseconds since 1970.
    pub fn get(self) -> i64 {
        self.0
    }

    /// This much later (earlier, if negative), never beyond the range.
    pub fn plus(self, ms: i64) -> Self {
        Self::new(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to here; negative if `earlier` is later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// Reads an RFC 3339 date with a zone; what is finer than a millisecond is cut.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let ms = DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis();
        (0..=Self::LAST.0).contains(&ms).then_some(Self(ms))
    }

    /// Reads the `Date` of an HTTP answer (IMF-fixdate, RFC 9110 section 5.6.7), which shows whole seconds.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        // `Sun, 06 Nov 1994 08:49:37 GMT` is rewritten, for a reader of its own takes 4 kB of the component.
        let (date, time) = text.split_at_checked(17)?;
        let (day, month, year) = (date.get(5..7)?, date.get(8..11)?, date.get(12..16)?);
        let month = MONTHS.iter().position(|name| *name == month)? + 1;
        let zero = if month < 10 { "0" } else { "" };
        let clock = time.strip_suffix(" GMT")?;
        Self::parse_rfc3339(&format!("{year}-{zero}{month}-{day}T{clock}Z"))
    }
}

impl std::fmt::Display for Millis {
    /// RFC 3339, UTC, with milliseconds: `2026-11-22T10:00:00.000Z`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        out.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_are_cut_not_rounded() {
        let time = Millis::parse_rfc3339("2026-11-22T10:00:00.123999+01:00").unwrap();
        assert_eq!(time.to_string(), "2026-11-22T09:00:00.123Z");
    }

    #[test]
    fn a_time_without_zone_is_no_time() {
        assert_eq!(Millis::parse_rfc3339("2026-11-22T10:00:00"), None);
    }

    #[test]
    fn http_dates_are_read() {
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
