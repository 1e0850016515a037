//! Remembers what was asked. Holds no token: of the `Authorization` header only what it was worth.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

/// So many requests are remembered; the oldest are forgotten first. Enough for the longest test.
const SEEN_MAX: usize = 10_000;

/// One request for GraphQL, in the order of the answers.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its number, from 0, in the order in which the bodies arrived.
    pub number: u64,
    /// When it arrived, by the server's clock, in milliseconds since 1970.
    pub at_ms: u64,
    /// The text of the query, empty if the body was not understood.
    pub query: Arc<str>,
    /// The variables, null if there were none.
    pub variables: Value,
    /// What its `Authorization` header was worth.
    pub authorization: Authorization,
    /// Its headers, `Authorization` left out.
    pub headers: Vec<(String, String)>,
    /// The HTTP status of the answer, 0 if there was none.
    pub status: u16,
    /// The points that were charged.
    pub points: i64,
}

/// What an `Authorization` header was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// There was none.
    Absent,
    /// The right token.
    Accepted,
    /// A known token that lacks the GraphQL scope.
    WithoutGraphql,
    /// Anything else.
    Refused,
}

/// The last requests.
#[derive(Default)]
pub(crate) struct Log {
    seen: VecDeque<Seen>,
    next: u64,
}

impl Log {
    /// The number of a request that has just arrived.
    pub fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    pub fn push(&mut self, seen: Seen) {
        if self.seen.len() == SEEN_MAX {
            self.seen.pop_front();
        }
        self.seen.push_back(seen);
    }

    pub fn all(&self) -> Vec<Seen> {
        self.seen.iter().cloned().collect()
    }
}
