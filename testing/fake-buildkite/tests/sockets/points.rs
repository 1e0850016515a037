//! Tests what queries cost, and what happens when the points are spent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fake_buildkite::{Limits, Options, QUERY};
use serde_json::{Value, json};

use crate::client::{ask, send, start};

/// 2025-06-01T00:00:00Z.
const START_MS: u64 = 1_748_736_000_000;

fn page(first: u64) -> Value {
    json!({"slug": "example-org", "first": first})
}

/// Counts the objects of an answer by hand.
fn objects(organization: &Value) -> i64 {
    let mut points = 6;
    for edge in organization["auditEvents"]["edges"].as_array().unwrap() {
        let node = &edge["node"];
        points += 1 + ["actor", "subject", "context"]
            .iter()
            .filter(|part| node[**part].is_object())
            .count() as i64;
    }
    points
}

#[tokio::test]
async fn complexity_is_four_points_per_event_and_six_for_the_frame() {
    let fake = start(Options::default()).await;
    for first in [0, 1, 100, 500, 9_999] {
        let answer = ask(&fake, QUERY, page(first)).await;
        let requested = answer.number("ratelimit-complexity-requested");
        assert_eq!(requested, 6 + 4 * i64::try_from(first.min(500)).unwrap());
        let actual = answer.number("ratelimit-complexity-actual");
        assert_eq!(actual, objects(&answer.json()["data"]["organization"]));
        assert_eq!(fake.requests().last().unwrap().points, actual);
    }
}

#[tokio::test]
async fn a_query_over_50000_points_is_refused_without_execution() {
    let fake = start(Options::default()).await;
    // Thirty full pages with these objects per event, 2 points per page and 1 for the organization.
    let query = |node: &str| {
        let page = |i| format!("a{i}: auditEvents {{ edges {{ node {{ {node} }} }} }} ");
        let pages: String = (0..30).map(page).collect();
        format!("{{ organization(slug: \"example-org\") {{ {pages} }} }}")
    };
    let three = query("actor { name } subject { name }");
    let allowed = ask(&fake, &three, Value::Null).await;
    assert_eq!(allowed.number("ratelimit-complexity-requested"), 45_061);
    assert!(allowed.json().get("errors").is_none());

    let four = query("actor { name } subject { name } context { __typename }");
    let refused = ask(&fake, &four, Value::Null).await;
    let message = "Query has complexity of 60061, which exceeds max complexity of 50000";
    assert_eq!((refused.status, refused.message().as_str()), (200, message));
    assert!(refused.json().get("data").is_none());
    assert_eq!(refused.number("ratelimit-complexity-actual"), 0);
}

#[tokio::test]
async fn a_spent_limit_is_a_429_until_the_window_ends() {
    let now = Arc::new(AtomicU64::new(START_MS));
    let clock = Arc::clone(&now);
    let fake = start(Options {
        limits: Limits { user_points: 1_000, ..Limits::buildkite() },
        clock: Arc::new(move || clock.load(Ordering::SeqCst)),
        ..Options::default()
    })
    .await;
    let first = ask(&fake, QUERY, page(400)).await;
    let left = 1_000 - first.number("ratelimit-complexity-actual");
    assert!(left < 0);
    assert_eq!(first.number("ratelimit-user-remaining"), left);
    assert_eq!(first.headers["date"], "Sun, 01 Jun 2025 00:00:00 GMT");

    now.store(START_MS + 112_500, Ordering::SeqCst);
    let second = ask(&fake, QUERY, page(1)).await;
    assert_eq!(second.status, 429);
    assert_eq!(
        second.message(),
        "You have exceeded your per-user limit of 1000 complexity points. \
         Please try again in 188 seconds."
    );
    assert_eq!(second.number("ratelimit-user-reset"), 188);
    assert_eq!(second.number("ratelimit-user-remaining"), left);

    now.store(START_MS + 300_000, Ordering::SeqCst);
    assert_eq!(ask(&fake, QUERY, page(1)).await.status, 200);
    fake.spend_elsewhere(20_000);
    let spent = ask(&fake, QUERY, page(1)).await;
    assert_eq!(spent.status, 429);
    assert!(spent.message().starts_with("Your organization has exceeded the limit of 20000"));
}

#[tokio::test]
async fn every_answer_carries_the_date_and_both_balances() {
    let fake = start(Options::default()).await;
    for headers in [vec![], vec![("authorization", "Bearer bkua_wrong")]] {
        let answer = send(&fake, "POST", "/v1", &headers, "{}".to_owned()).await.unwrap();
        for name in ["remaining", "limit", "reset", "user-remaining", "user-limit", "user-reset"] {
            answer.number(&format!("ratelimit-{name}"));
        }
        assert_eq!(answer.headers["ratelimit-user-scope"], "graphql_user");
        assert!(answer.headers.contains_key("date"));
    }
}

#[tokio::test]
async fn the_body_includes_stats_on_request() {
    let fake = start(Options::default()).await;
    let bearer = format!("Bearer {}", fake.token());
    let headers = [("authorization", bearer.as_str()), ("buildkite-include-query-stats", "true")];
    let body = json!({"query": QUERY, "variables": page(2)}).to_string();
    let answer = send(&fake, "POST", "/v1", &headers, body).await.unwrap();
    assert_eq!(answer.json()["stats"]["requestedComplexity"], 14);
}
