//! Tests that faults happen as requested.

use std::sync::Arc;
use std::time::Duration;

use fake_buildkite::{FakeBuildkite, Fault, Options, QUERY};
use serde_json::json;

use crate::client::{Answer, post, start};

/// Starts a server whose first request meets this fault, and returns it with the answer to that request.
async fn meet(fault: Fault) -> (FakeBuildkite, Result<Answer, String>) {
    let hook = move |number: u64, _: &serde_json::Value| match number {
        0 => fault.clone(),
        _ => Fault::None,
    };
    let fake = start(Options { fault: Some(Arc::new(hook)), ..Options::default() }).await;
    let answer = ask(&fake).await;
    (fake, answer)
}

async fn ask(fake: &FakeBuildkite) -> Result<Answer, String> {
    let variables = json!({"slug": "example-org", "first": 100});
    post(fake, json!({"query": QUERY, "variables": variables}))
        .await
        .map_err(|error| format!("{error}: {:?}", error.source()))
}

#[tokio::test]
async fn a_status_replaces_the_answer_and_costs_nothing() {
    let fault = Fault::Status {
        status: 504,
        headers: vec![("retry-after".to_owned(), "7".to_owned())],
        body: "<html>".to_owned(),
    };
    let (fake, answer) = meet(fault).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.text.as_str()), (504, "<html>"));
    assert_eq!(answer.headers["retry-after"], "7");
    assert_eq!(fake.requests()[0].points, 0);
    assert_eq!(ask(&fake).await.unwrap().status, 200);
}

#[tokio::test]
async fn headers_and_bodies_can_be_replaced() {
    let (_fake, answer) = meet(Fault::Headers(vec![("date".to_owned(), "soon".to_owned())])).await;
    let answer = answer.unwrap();
    assert_eq!(answer.headers["date"], "soon");
    assert_eq!(answer.events()["edges"].as_array().unwrap().len(), 100);
    let (fake, answer) = meet(Fault::Body("[]".to_owned())).await;
    assert_eq!(answer.unwrap().text, "[]");
    assert!(fake.requests()[0].points > 100);
}

#[tokio::test]
async fn a_connection_can_close_before_or_during_an_answer() {
    for (fault, executed, how) in [
        (Fault::CloseBeforeHeaders, false, "connection closed before message completed"),
        (Fault::TruncateBody, true, ""),
        (Fault::ResetBeforeHeaders, false, "reset"),
        (Fault::ResetAfterHeaders, true, "reset"),
        (Fault::Raw(b"nonsense\r\n\r\n".to_vec()), false, "invalid HTTP"),
    ] {
        let (fake, answer) = meet(fault.clone()).await;
        let error = answer.err().unwrap_or_else(|| panic!("{fault:?}: an answer arrived"));
        assert!(error.contains(how), "{fault:?}: {error}");
        assert_eq!(fake.requests()[0].status, if executed { 200 } else { 0 });
        assert_eq!(ask(&fake).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn a_body_can_be_slow_and_of_any_size() {
    let pause = Duration::from_millis(1);
    let (_fake, answer) = meet(Fault::Drip { bytes: 10_000, pause }).await;
    assert_eq!(answer.unwrap().events()["edges"].as_array().unwrap().len(), 100);
    let (_fake, answer) = meet(Fault::Fill(Some(200_001))).await;
    let answer = answer.unwrap();
    assert_eq!(answer.text.len(), 200_001);
    assert_eq!(answer.number("content-length"), 200_001);
}

#[tokio::test]
async fn a_hanging_request_ends_with_the_server() {
    let hang = |_: u64, _: &serde_json::Value| Fault::Hang;
    let fake = start(Options { fault: Some(Arc::new(hang)), ..Options::default() }).await;
    let stopped = async {
        // Not bounded here: if the request never arrives, the test hangs visibly.
        while fake.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let body = json!({"query": QUERY});
    tokio::select! {
        _ = post(&fake, body) => panic!("an answer arrived"),
        () = stopped => {}
    }
    fake.stop().await;
}
