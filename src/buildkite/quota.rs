//! What an answer's headers say about the rate limits, as numbers. A header that is missing or is not a whole number is
//! ignored. If a header occurs twice, the first one counts.
//!
//! Source: buildkite.com/docs/apis/graphql/graphql-resource-limits and buildkite.com/docs/apis/graphql/portals.

use crate::buildkite::headers::{header, number};

/// Prefix of the headers of the organization's bucket, or of the portals'.
const ORGANIZATION: &str = "ratelimit-";
/// Prefix of the headers of the user's bucket.
const USER: &str = "ratelimit-user-";

/// What the figures of [`Quota::organization`] count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Points.
    Graphql,
    /// Requests of all portals together.
    Portal,
}

/// The figures of one bucket. Each is `None` if the answer does not name it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// Total per window, in points or requests.
    pub limit: Option<i64>,
    /// Amount left. May be negative, since the charge comes after execution.
    pub remaining: Option<i64>,
    /// Seconds to the end of the window. May be negative.
    pub reset: Option<i64>,
}

/// What an answer says about the rate limits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quota {
    /// What the organization's figures count. `None` if the answer does not say.
    pub scope: Option<Scope>,
    /// The bucket of the organization or, depending on the scope, of its portals.
    pub organization: Reading,
    /// The bucket of the user.
    pub user: Reading,
    /// Points that the request was charged. Never negative.
    pub charged: Option<i64>,
}

impl Quota {
    /// Reads the headers of an answer.
    pub fn read(headers: &[(String, String)]) -> Self {
        let reading = |prefix: &str| {
            let field = |name: &str| number(headers, &[prefix, name].concat());
            Reading { limit: field("limit"), remaining: field("remaining"), reset: field("reset") }
        };
        Self {
            scope: match header(headers, "ratelimit-scope") {
                Some("graphql") => Some(Scope::Graphql),
                Some("portal") => Some(Scope::Portal),
                _ => None,
            },
            organization: reading(ORGANIZATION),
            user: reading(USER),
            charged: number(headers, "ratelimit-complexity-actual").filter(|points| *points >= 0),
        }
    }

    /// Returns both readings: the organization's, then the user's.
    pub fn readings(&self) -> [Reading; 2] {
        [self.organization, self.user]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &str)]) -> Quota {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Quota::read(&headers.iter().map(owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_first_of_two_equal_headers_counts() {
        let quota = read(&[
            ("RateLimit-Remaining", " -3 "),
            ("ratelimit-remaining", "7"),
            ("RateLimit-User-Reset", "soon"),
        ]);
        assert_eq!(quota.organization, Reading { remaining: Some(-3), ..Reading::default() });
        assert_eq!(quota.user, Reading::default());
    }

    #[test]
    fn an_unknown_scope_and_a_negative_charge_are_ignored() {
        let quota = read(&[("ratelimit-scope", "moon"), ("ratelimit-complexity-actual", "-1")]);
        assert_eq!(quota, Quota::default());
        assert_eq!(read(&[("ratelimit-scope", "portal")]).scope, Some(Scope::Portal));
    }
}
