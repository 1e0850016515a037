//! `check` reports each kind of problem with its own message and exit code.

use fake_buildkite::{Denied, Options};
use host_kit::{TOKEN, World, stdout};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the step that did not pass, its outcome, and its message.
fn report(world: &World, code: i32) -> (String, String, String) {
    let output = world.host("check --config c.json --json");
    assert_eq!(output.status.code(), Some(code), "{}", host_kit::stderr(&output));
    let all: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let mut findings = all["findings"].as_array().unwrap().iter();
    let odd = findings.find(|finding| text(finding, "outcome") != "passed").unwrap();
    (text(odd, "step"), text(odd, "outcome"), text(odd, "message"))
}

/// Asserts that exactly one step did not pass, with this outcome and message.
fn assert_says(world: &World, code: i32, step: &str, outcome: &str, words: &str) {
    let (at, ended, message) = report(world, code);
    assert_eq!((at.as_str(), ended.as_str()), (step, outcome), "{message}");
    assert!(message.contains(words), "{message}");
}

#[test]
fn a_wrong_slug_is_reported_as_an_organization_that_is_not_visible() {
    let world = World::new(3);
    world.config(json!({"org_slug": "acme-incc"}));
    let words =
        "organization acme-incc was not found, or is not visible to this token; check org_slug";
    assert_says(&world, 3, "organization visible", "failed", words);
}

#[test]
fn a_wrong_token_is_refused() {
    let world = World::new(3);
    std::fs::write(world.path("token"), "bkua_another_0123456789").unwrap();
    assert_says(&world, 3, "token accepted", "failed", "the token was refused (HTTP 401");
}

#[test]
fn a_token_without_graphql_access_is_reported_with_the_box_to_tick() {
    let without = "bkua_rest_only_0123456789".to_owned();
    let world =
        World::with(Options { token_without_graphql: Some(without.clone()), ..Options::default() });
    std::fs::write(world.path("token"), without).unwrap();
    let words = "tick \"Enable GraphQL API access\"";
    assert_says(&world, 3, "token has GraphQL access", "failed", words);
}

#[test]
fn a_hidden_audit_log_is_reported_with_both_remedies() {
    let denied = Denied { code: "not_admin".into(), message: "Admins only".into() };
    let world = World::with(Options { denied: Some(denied), ..Options::default() });
    let words = "not_admin: Admins only); check that the user is an administrator";
    assert_says(&world, 3, "audit log permitted", "failed", words);
    assert!(report(&world, 3).2.contains("plan includes the audit log"));
}

#[test]
fn an_endpoint_that_is_down_and_one_without_tls_are_reported_differently() {
    let world = World::new(3);
    // Bound and then released, so nothing listens there.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    world.config(json!({"endpoint": format!("http://{free}/v1")}));
    assert_says(&world, 1, "endpoint reachable", "failed", "the connection was refused");
    world.config(json!({"endpoint": world.fake.endpoint().replacen("http:", "https:", 1)}));
    assert_says(&world, 1, "TLS", "failed", "did not answer with TLS");
}

#[test]
fn a_clock_that_is_off_causes_a_warning() {
    let ahead = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(now.as_millis()).unwrap() + 600_000
    };
    let world = World::with(Options { clock: Arc::new(ahead), ..Options::default() });
    let (step, outcome, message) = report(&world, 0);
    assert_eq!((step.as_str(), outcome.as_str()), ("clock", "warned"));
    let off = message.strip_prefix("this host's clock is ").and_then(|rest| rest.split_once(" s "));
    let off: i64 = off.unwrap().0.parse().unwrap();
    assert!((-605..=-595).contains(&off), "{message}");
}

#[test]
fn no_report_shows_the_token() {
    let world = World::new(3);
    let output = world.host("check --config c.json --log trace");
    let all = stdout(&output) + &host_kit::stderr(&output);
    assert!(output.status.success() && !all.contains(TOKEN));
}
