//! Tests what is refused, and with which message.

use fake_buildkite::{Authorization, Denied, Options, QUERY};
use serde_json::{Value, json};

use crate::client::{ask, post, send, start};

fn variables() -> Value {
    json!({"slug": "example-org", "first": 3})
}

#[tokio::test]
async fn an_invalid_query_is_a_200_with_errors_and_without_data() {
    let fake = start(Options::default()).await;
    let inside = |events: &str| {
        format!("{{ organization(slug: \"example-org\") {{ auditEvents{events} }} }}")
    };
    for wrong in [
        inside("(first: 1) { nodes { uuid } }"),
        inside("(order: OLDEST_OCCURRED) { count }"),
        inside("(type: [AGENT_TOKEN_EATEN]) { count }"),
        inside(" { edges { node { context } } }"),
        inside(" { edges { node { severity } } }"),
        "query(".to_owned(),
        QUERY.replace("$after: String, ", ""),
    ] {
        let answer = ask(&fake, &wrong, variables()).await;
        let body = answer.json();
        assert_eq!(answer.status, 200, "{wrong}");
        assert!(body.get("data").is_none(), "{wrong}: {body}");
        assert!(!answer.message().is_empty());
        assert!(body["errors"][0]["locations"][0]["line"].is_u64(), "{wrong}: {body}");
        assert_eq!(answer.number("ratelimit-complexity-actual"), 0);
    }
}

#[tokio::test]
async fn missing_and_mistyped_variables_are_errors_without_data() {
    let fake = start(Options::default()).await;
    for wrong in [json!({}), json!({"slug": "example-org", "first": "many"})] {
        let answer = ask(&fake, QUERY, wrong).await;
        assert_eq!((answer.status, answer.json().get("data")), (200, None));
    }
}

#[tokio::test]
async fn variables_may_be_sent_as_json_in_a_string() {
    let fake = start(Options::default()).await;
    let answer = ask(&fake, QUERY, json!(variables().to_string())).await;
    assert_eq!(answer.events()["edges"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn each_token_gets_its_own_answer_and_none_is_remembered() {
    let options =
        Options { token_without_graphql: Some("bkua_rest_only".to_owned()), ..Options::default() };
    let fake = start(options).await;
    let body = json!({"query": QUERY, "variables": variables()}).to_string();
    let right = format!("Bearer {}", fake.token());
    for (header, status, message) in [
        (None, 401, "Authentication required."),
        (Some("Bearer bkua_wrong"), 401, "Authentication required."),
        (Some("Basic abc"), 401, "Authentication required."),
        (Some("Bearer bkua_rest_only"), 403, "Your access token doesn't have the graphql scope"),
        (Some(right.as_str()), 200, ""),
    ] {
        let headers: Vec<_> = header.iter().map(|value| ("authorization", *value)).collect();
        let answer = send(&fake, "POST", "/v1", &headers, body.clone()).await.unwrap();
        assert_eq!(answer.status, status);
        if status != 200 {
            assert!(answer.message().starts_with(message), "{}", answer.message());
        }
    }
    let seen = fake.requests();
    let verdicts: Vec<_> = seen.iter().map(|it| it.authorization).collect();
    use Authorization::{Absent, Accepted, Refused, WithoutGraphql};
    assert_eq!(verdicts, [Absent, Refused, Refused, WithoutGraphql, Accepted]);
    assert!(!format!("{seen:?}").contains("bkua_"));
}

#[tokio::test]
async fn an_unknown_slug_is_null_without_an_error() {
    let fake = start(Options::default()).await;
    let answer = ask(&fake, QUERY, json!({"slug": "nobody", "first": 1})).await;
    assert_eq!(answer.text, r#"{"data":{"organization":null}}"#);
}

#[tokio::test]
async fn without_permission_events_are_null_and_a_reason_is_returned() {
    let denied = Denied { code: "not_admin".to_owned(), message: "Ask an admin".to_owned() };
    let fake = start(Options { denied: Some(denied), ..Options::default() }).await;
    let organization = &ask(&fake, QUERY, variables()).await.json()["data"]["organization"];
    let view = &organization["permissions"]["auditEventsView"];
    let expected = json!({"allowed": false, "code": "not_admin", "message": "Ask an admin"});
    assert_eq!((view, &organization["auditEvents"]), (&expected, &Value::Null));
}

#[tokio::test]
async fn a_malformed_cursor_or_time_is_an_error_alongside_null() {
    let fake = start(Options::default()).await;
    for (name, value, message) in [
        ("after", "kaQzNjA3", "The provided cursor was invalid, please fetch a new cursor"),
        ("from", "yesterday", "`occurredAtFrom` is not an ISO 8601 time"),
        ("to", "2025-13-01T00:00:00Z", "`occurredAtTo` is not an ISO 8601 time"),
    ] {
        let mut wrong = variables();
        wrong[name] = json!(value);
        let answer = ask(&fake, QUERY, wrong).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["data"]["organization"]["auditEvents"], Value::Null);
        assert!(answer.message().starts_with(message), "{}", answer.message());
    }
}

#[tokio::test]
async fn other_methods_large_bodies_and_bodies_without_a_query_are_refused() {
    let fake = start(Options::default()).await;
    let get = send(&fake, "GET", "/v1", &[], String::new()).await.unwrap();
    assert_eq!(get.status, 405);
    let large = post(&fake, json!({"query": " ".repeat(2 << 20)})).await;
    // The rest of the body may hit a closed socket before the answer is read.
    assert!(large.is_err() || large.is_ok_and(|answer| answer.status == 413));
    assert_eq!(post(&fake, json!({"no": "query"})).await.unwrap().status, 400);
}
