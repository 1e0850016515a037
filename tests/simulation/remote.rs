//! A fake Buildkite at the level of bytes: the request's text goes in, headers and a JSON body come out. Filters act on
//! microseconds, which the listing truncates to milliseconds.

use buildkite_audit_logs::buildkite::response::Response;
use buildkite_audit_logs::text::time::Millis;

use kit::page::{Row, page};
use kit::response::{date, response};
use kit::{Asked, Points};

/// The type that the remote does not know at first.
const NEW: &str = "Z";

/// How an event is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Normally.
    Plain,
    /// With the type that some settings exclude.
    Excludable,
    /// With the type that the remote does not know at first.
    New,
    /// Always as a null node: its type is one that the remote cannot resolve.
    Null,
    /// With an unreadable time.
    Undated,
    /// Without a UUID.
    Nameless,
}

/// A stored event.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The time at which it happened, in microseconds.
    pub at_us: i64,
    /// Order among events of equal time, and identity.
    pub number: u32,
    /// The time at which it became visible, in microseconds.
    pub visible_us: i64,
    pub kind: Kind,
}

/// How the fake API behaves where the documentation leaves room, and where it is wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quirks {
    pub from_inclusive: bool,
    pub to_inclusive: bool,
    pub ties_reversed: bool,
    /// Rows of the same shown millisecond are listed in a different order each time.
    pub disorder: bool,
    pub short_pages: bool,
    /// Maximum page size, whatever is requested.
    pub clamp: usize,
    /// Minimum number of rows of a page that falsely says it is the last. 0 for none.
    pub false_end_from: usize,
    /// Maximum number of rows that is not too heavy; more get a 504. 0 for no limit.
    pub heavy_from: usize,
    pub no_date: bool,
    /// Whether every answer has the `Date` of the first one.
    pub frozen_date: bool,
    /// The time in microseconds before which a request for the new type is refused. 0 for never.
    pub knows_from_us: i64,
}

/// A page before it is written.
pub struct Page<'a> {
    pub rows: Vec<&'a Stored>,
    pub has_next: bool,
    pub cursor: Option<String>,
    /// A row that is shown as null only in this page.
    pub hidden: Option<u32>,
    /// Whether the last row is listed twice.
    pub is_doubled: bool,
}

#[derive(Debug)]
pub struct Remote {
    /// Sorted by rank, lowest first.
    events: Vec<Stored>,
    pub quirks: Quirks,
    pub points: Option<Points>,
    first_date_us: Option<i64>,
}

impl Remote {
    pub fn new(mut events: Vec<Stored>, quirks: Quirks, points: Option<Points>) -> Self {
        events.sort_by_key(|event| rank(quirks, event));
        Self { events, quirks, points, first_date_us: None }
    }

    pub fn events(&self) -> &[Stored] {
        &self.events
    }

    /// Returns the true page for a request at this true time.
    pub fn page(&self, asked: &Asked, now_us: i64, rng: &mut fastrand::Rng) -> Page<'_> {
        let quirks = self.quirks;
        let low = asked.from.map(micros).map_or(0, |from| match quirks.from_inclusive {
            true => self.events.partition_point(|event| event.at_us < from),
            false => self.events.partition_point(|event| event.at_us <= from),
        });
        let mut high =
            asked.to.map(micros).map_or(self.events.len(), |to| match quirks.to_inclusive {
                true => self.events.partition_point(|event| event.at_us <= to),
                false => self.events.partition_point(|event| event.at_us < to),
            });
        if let Some(after) = &asked.after {
            let mut parts = after.split(':').map(|part| part.parse::<i64>().ok());
            let after = [parts.next(), parts.next()].map(|part| part.flatten().expect("a cursor"));
            let after = (after[0], after[1]);
            high = high.min(self.events.partition_point(|event| rank(quirks, event) < after));
        }
        let most = asked.first.min(quirks.clamp);
        let most = if quirks.short_pages { rng.usize(1..=most) } else { most };
        let listed = self.events.get(low..high).unwrap_or_default();
        let is_shown = |event: &&Stored| {
            event.visible_us <= now_us
                && (event.kind != Kind::New || asked.names(NEW) != Some(false))
        };
        let mut visible = listed.iter().rev().filter(is_shown);
        let mut rows: Vec<&Stored> = visible.by_ref().take(most).collect();
        let mut has_next = visible.next().is_some();
        if quirks.false_end_from > 0 && rows.len() >= quirks.false_end_from {
            has_next = false;
        }
        let cursor = rows.last().map(|event| {
            let (at, tie) = rank(quirks, event);
            format!("{at}:{tie}:{}", asked.filter)
        });
        if quirks.disorder {
            rng.shuffle(&mut rows);
            rows.sort_by_key(|event| std::cmp::Reverse(event.at_us / 1_000));
        }
        Page { rows, has_next, cursor, hidden: None, is_doubled: false }
    }

    /// Returns the headers of an answer that cost `charged` points.
    pub fn headers(&mut self, now_us: i64, charged: i64) -> Vec<(String, String)> {
        let mut headers = vec![("RateLimit-Complexity-Actual".to_owned(), charged.to_string())];
        let points = self.points.get_or_insert_with(Points::plenty);
        points.charge(now_us, charged);
        headers.extend(points.headers(now_us));
        if !self.quirks.no_date {
            let first_us = *self.first_date_us.get_or_insert(now_us);
            let date_us = if self.quirks.frozen_date { first_us } else { now_us };
            headers.push(date(date_us));
        }
        headers
    }

    /// Returns whether a request is refused because it names a type that is not known yet.
    pub fn refuses(&self, asked: &Asked, now_us: i64) -> bool {
        asked.names(NEW) == Some(true) && now_us < self.quirks.knows_from_us
    }

    /// Returns the answer to a request for a type that is not known yet. It costs nothing.
    fn refusal(&mut self, now_us: i64) -> Response {
        let body = r#"{"errors":[{"message":"invalid value (Expected \"Z\" to be one of: X, Y)","locations":[{"line":1}]}]}"#;
        let headers = self.headers(now_us, 0);
        response(200, headers, body)
    }

    /// Returns the true answer.
    pub fn answer(&mut self, asked: &Asked, now_us: i64, rng: &mut fastrand::Rng) -> Response {
        if self.refuses(asked, now_us) {
            return self.refusal(now_us);
        }
        let page = self.page(asked, now_us, rng);
        if self.quirks.heavy_from > 0 && page.rows.len() > self.quirks.heavy_from {
            return response(504, vec![], []);
        }
        let (body, rows) = (write(&page), page.rows.len());
        let headers = self.headers(now_us, 6 + 4 * rows as i64);
        response(200, headers, body)
    }
}

fn rank(quirks: Quirks, event: &Stored) -> (i64, i64) {
    let number = i64::from(event.number);
    (event.at_us, if quirks.ties_reversed { -number } else { number })
}

/// Returns whether a request has a cursor that was returned for another filter.
pub fn is_foreign_cursor(asked: &Asked) -> bool {
    let given = asked.after.as_ref().and_then(|after| after.splitn(3, ':').nth(2));
    given.is_some_and(|filter| filter != asked.filter)
}

/// Formats a page as the body of an answer.
pub fn write(shown: &Page) -> String {
    let doubled = shown.rows.last().filter(|_| shown.is_doubled);
    let rows = shown.rows.iter().chain(doubled).map(|event| row(event, shown.hidden));
    page(rows, shown.has_next, shown.cursor.as_deref())
}

fn row(event: &Stored, hidden: Option<u32>) -> Row<'static> {
    let Stored { at_us, number, kind, .. } = *event;
    let kind = if hidden == Some(number) { Kind::Null } else { kind };
    let (name, at) = match kind {
        Kind::Null => return Row::Null,
        Kind::Nameless => return Row::Nameless,
        Kind::Undated => ("X", "soon".to_owned()),
        Kind::Excludable => ("Y", shown_time(at_us)),
        Kind::New => (NEW, shown_time(at_us)),
        Kind::Plain => ("X", shown_time(at_us)),
    };
    Row::Event { number: number.into(), kind: name, at }
}

fn micros(time: Millis) -> i64 {
    time.get() * 1_000
}

fn shown_time(at_us: i64) -> String {
    Millis::new(at_us / 1_000).to_string()
}
