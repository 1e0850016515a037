//! Reads the arguments of `auditEvents`: which events, from where, how many.

use std::collections::HashSet;

use apollo_compiler::response::{JsonMap, JsonValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use crate::key::Key;
use crate::options::Quirks;
use crate::synth::{Facets, Synth, Thing};

/// Maximum and default page size. A larger `first` is clamped, as graphql-ruby does.
pub(crate) const PAGE_MAX: usize = 500;

/// The message of graphql-ruby's stable connections.
const BAD_CURSOR: &str = "The provided cursor was invalid, please fetch a new cursor and try again";

/// All arguments of `auditEvents`.
pub(crate) struct Ask {
    pub filter: Filter,
    pub after: Option<Key>,
    pub first: usize,
}

/// Which events to return.
#[derive(Default)]
pub(crate) struct Filter {
    from_us: Option<i64>,
    to_us: Option<i64>,
    from_inclusive: bool,
    to_inclusive: bool,
    types: Option<HashSet<String>>,
    actor_types: Option<HashSet<String>>,
    subject_types: Option<HashSet<String>>,
    subject_uuids: Option<HashSet<String>>,
}

impl Ask {
    /// Reads the arguments.
    ///
    /// # Errors
    ///
    /// Returns the message of the GraphQL error.
    pub fn read(arguments: &JsonMap, quirks: Quirks) -> Result<Self, String> {
        for unsupported in ["last", "before", "actor", "subject"] {
            if arguments.get(unsupported).is_some_and(|value| !value.is_null()) {
                return Err(format!("`{unsupported}` is not supported by this fake Buildkite"));
            }
        }
        let first = match arguments.get("first").and_then(JsonValue::as_i64) {
            None => PAGE_MAX,
            Some(first) => usize::try_from(first)
                .map_err(|_| format!("`first` must not be negative: {first}"))?
                .min(PAGE_MAX),
        };
        let after = match text(arguments, "after") {
            None => None,
            Some(cursor) => Some(read_cursor(cursor).ok_or_else(|| BAD_CURSOR.to_owned())?),
        };
        let filter = Filter {
            from_us: time(arguments, "occurredAtFrom")?,
            to_us: time(arguments, "occurredAtTo")?,
            from_inclusive: quirks.from_inclusive,
            to_inclusive: quirks.to_inclusive,
            types: set(arguments, "type"),
            actor_types: set(arguments, "actorType"),
            subject_types: set(arguments, "subjectType"),
            subject_uuids: set(arguments, "subjectUUID"),
        };
        Ok(Self { filter, after, first })
    }
}

impl Filter {
    /// Returns whether the filter restricts only the time.
    pub fn by_time_only(&self) -> bool {
        let sets = [&self.types, &self.actor_types, &self.subject_types, &self.subject_uuids];
        sets.iter().all(|set| set.is_none())
    }

    /// Returns whether this time is before the range.
    pub fn is_before(&self, time_us: i64) -> bool {
        self.from_us.is_some_and(|from| time_us < from || (time_us == from && !self.from_inclusive))
    }

    /// Returns whether this time is after the range.
    pub fn is_past(&self, time_us: i64) -> bool {
        self.to_us.is_some_and(|to| time_us > to || (time_us == to && !self.to_inclusive))
    }

    /// Returns whether an event matches, apart from its time.
    pub fn matches(&self, synth: &Synth, facets: &Facets) -> bool {
        let shown = |thing: &Option<Thing>| thing.as_ref().and_then(|thing| thing.shown_type);
        let holds = |set: &Option<HashSet<String>>, value: Option<&str>| {
            set.as_ref().is_none_or(|set| value.is_some_and(|value| set.contains(value)))
        };
        holds(&self.types, Some(facets.kind))
            && holds(&self.actor_types, shown(&facets.actor))
            && holds(&self.subject_types, shown(&facets.subject))
            && self.subject_uuids.as_ref().is_none_or(|set| {
                let uuid = |thing: &Thing| synth.thing_uuid(thing.number).to_string();
                facets.subject.as_ref().is_some_and(|thing| set.contains(&uuid(thing)))
            })
    }
}

/// Returns the cursor of an event: its position in the order, so that new events do not shift a page.
pub(crate) fn cursor(key: Key) -> String {
    URL_SAFE_NO_PAD.encode(format!("[\"{}\",\"{}\"]", key.time_us, key.tie))
}

fn read_cursor(cursor: &str) -> Option<Key> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let [time_us, tie]: [String; 2] = serde_json::from_slice(&bytes).ok()?;
    Some(Key { time_us: time_us.parse().ok()?, tie: tie.parse().ok()? })
}

/// Parses an ISO 8601 time into microseconds since 1970. Without a zone it is UTC; without a time it is midnight.
pub(crate) fn read_time(text: &str) -> Option<i64> {
    let zoned = DateTime::parse_from_rfc3339(text).map(|time| time.timestamp_micros());
    let local = |time: NaiveDateTime| time.and_utc().timestamp_micros();
    zoned
        .or_else(|_| text.parse::<NaiveDateTime>().map(local))
        .or_else(|_| text.parse::<NaiveDate>().map(|day| local(day.and_time(NaiveTime::MIN))))
        .ok()
}

fn time(arguments: &JsonMap, name: &str) -> Result<Option<i64>, String> {
    match arguments.get(name) {
        None | Some(JsonValue::Null) => Ok(None),
        Some(value) => {
            let time_us = value.as_str().and_then(read_time);
            time_us.map(Some).ok_or_else(|| format!("`{name}` is not an ISO 8601 time: {value}"))
        }
    }
}

fn text<'a>(arguments: &'a JsonMap, name: &str) -> Option<&'a str> {
    arguments.get(name).and_then(JsonValue::as_str)
}

fn set(arguments: &JsonMap, name: &str) -> Option<HashSet<String>> {
    let values = arguments.get(name)?.as_array()?;
    Some(values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_zone_is_utc_and_is_read_to_the_microsecond() {
        let expected = Some(1_672_574_400_000_001);
        assert_eq!(read_time("2023-01-01T12:00:00.000001"), expected);
        assert_eq!(read_time("2023-01-01T12:00:00.0000019Z"), expected);
        assert_eq!(read_time("2023-01-01T13:00:00.000001+01:00"), expected);
        assert_eq!(read_time("2023-01-01"), Some(1_672_531_200_000_000));
        assert_eq!(read_time("yesterday"), None);
    }

    #[test]
    fn a_cursor_is_read_back_and_anything_else_is_refused() {
        let key = Key { time_us: 1_735_689_600_000_001, tie: -3 };
        assert_eq!(read_cursor(&cursor(key)), Some(key));
        for bad in ["", "WyIxIl0", "kaQzNjA3", "not base64!"] {
            assert_eq!(read_cursor(bad), None, "{bad}");
        }
    }
}
