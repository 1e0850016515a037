//! Records the requests. Keeps no token: of the `Authorization` header, only the verdict is kept.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

/// Maximum number of requests kept; the oldest are dropped first. Enough for the longest test.
const SEEN_MAX: usize = 10_000;

/// One GraphQL request, in the order of the answers.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The number of the request, from 0, in the order in which the bodies arrived.
    pub number: u64,
    /// The time at which it arrived, by the server's clock, in milliseconds since 1970.
    pub at_ms: u64,
    /// The text of the query; empty if the body was not understood.
    pub query: Arc<str>,
    /// The variables; null if there were none.
    pub variables: Value,
    /// The verdict on its `Authorization` header.
    pub authorization: Authorization,
    /// Its headers, without `Authorization`.
    pub headers: Vec<(String, String)>,
    /// The HTTP status of the answer; 0 if there was none.
    pub status: u16,
    /// The points charged.
    pub points: i64,
}

/// The verdict on an `Authorization` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// There was no header.
    Absent,
    /// The correct token.
    Accepted,
    /// A known token that lacks the GraphQL scope.
    WithoutGraphql,
    /// Anything else.
    Refused,
}

/// The most recent requests.
#[derive(Default)]
pub(crate) struct Log {
    seen: VecDeque<Seen>,
    next: u64,
}

impl Log {
    /// Returns the number of a request that has just arrived.
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
