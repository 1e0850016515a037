//! A pretend Buildkite that serves bytes: the request's text goes in, headers and a JSON body come out. Filters act on
//! microseconds, which the listing shows cut to milliseconds.

use buildkite_audit_logs::response::Response;
use buildkite_audit_logs::time::Millis;
use serde_json::{Value, json};

/// An event as it is stored.
#[derive(Debug, Clone)]
pub struct Stored {
    /// When it happened, in microseconds.
    pub at_us: i64,
    /// Order among equal times, and its identity.
    pub number: u64,
    /// When it became visible, in microseconds.
    pub visible_us: i64,
}

impl Stored {
    pub fn uuid(&self) -> String {
        format!("00000000-0000-4000-8000-{:012x}", self.number)
    }
}

/// How the pretended API reads what the documentation leaves open.
#[derive(Debug, Clone, Default)]
pub struct Quirks {
    pub from_inclusive: bool,
    pub to_inclusive: bool,
    pub ties_reversed: bool,
    pub short_pages: bool,
    pub false_end_on_full: bool,
    pub no_date: bool,
}

#[derive(Debug, Default)]
pub struct Model {
    pub events: Vec<Stored>,
    pub quirks: Quirks,
    /// The server's clock is this far ahead of the true time.
    pub largest_page: usize,
}

impl Model {
    /// Answers a request at this true time, in microseconds.
    pub fn answer(&self, body: &str, now_us: i64, rng: &mut fastrand::Rng) -> Response {
        let request: Value = serde_json::from_str(body).expect("the request is JSON");
        let variables = &request["variables"];
        let time = |name: &str| {
            let text = variables[name].as_str()?;
            Some(Millis::parse_rfc3339(text).expect("a time").get() * 1_000)
        };
        let (from, to) = (time("from"), time("to"));
        let quirks = &self.quirks;
        let inside = |event: &&Stored| {
            let above = from.is_none_or(|from| {
                event.at_us > from || (quirks.from_inclusive && event.at_us == from)
            });
            let below =
                to.is_none_or(|to| event.at_us < to || (quirks.to_inclusive && event.at_us == to));
            event.visible_us <= now_us && above && below
        };
        let mut listed: Vec<&Stored> = self.events.iter().filter(inside).collect();
        listed.sort_by_key(|event| std::cmp::Reverse(self.rank(event)));
        if let Some(after) = variables["after"].as_str() {
            let (at, tie) = after.split_once(':').expect("a cursor");
            let after = (at.parse::<i64>().expect("a time"), tie.parse::<i64>().expect("a tie"));
            listed.retain(|event| self.rank(event) < after);
        }
        let first = (variables["first"].as_u64().expect("first") as usize).min(500);
        let asked = if quirks.short_pages { rng.usize(1..=first) } else { first };
        let page = &listed[..asked.min(listed.len())];
        let mut has_next = page.len() < listed.len();
        if quirks.false_end_on_full && page.len() >= self.largest_page && has_next {
            has_next = false;
        }
        self.response(page, has_next, now_us)
    }

    fn rank(&self, event: &Stored) -> (i64, i64) {
        let number = event.number as i64;
        (event.at_us, if self.quirks.ties_reversed { -number } else { number })
    }

    fn response(&self, page: &[&Stored], has_next: bool, now_us: i64) -> Response {
        let edges: Vec<Value> = page
            .iter()
            .map(|event| {
                let at = Millis::new(event.at_us / 1_000).to_string();
                json!({"node": {"uuid": event.uuid(), "type": "X", "occurredAt": at, "data": "{}"}})
            })
            .collect();
        let cursor = page.last().map(|event| {
            let (at, tie) = self.rank(event);
            format!("{at}:{tie}")
        });
        let body = json!({"data": {"organization": {
            "permissions": {"auditEventsView": {"allowed": true, "code": null, "message": null}},
            "auditEvents": {"pageInfo": {"hasNextPage": has_next, "endCursor": cursor}, "edges": edges},
        }}});
        let mut headers =
            vec![("RateLimit-Complexity-Actual".to_owned(), (6 + 4 * page.len()).to_string())];
        if !self.quirks.no_date {
            let date = std::time::UNIX_EPOCH + std::time::Duration::from_micros(now_us as u64);
            headers.push(("Date".to_owned(), httpdate::fmt_http_date(date)));
        }
        Response { status: 200, headers, body: body.to_string().into_bytes(), elapsed_ms: 0 }
    }
}
