//! Tests the generated events, and the routes that list and add them.

use std::collections::HashSet;

use fake_buildkite::{FakeBuildkite, Options, QUERY};
use serde_json::{Value, json};

use crate::client::{ask, send, start};

async fn truth_lines(fake: &FakeBuildkite) -> Vec<Value> {
    let answer = send(fake, "GET", "/truth", &[], String::new()).await.unwrap();
    assert_eq!(answer.status, 200);
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn the_truth_route_returns_what_the_handle_returns() {
    let fake = start(Options { events: 1_000, ..Options::default() }).await;
    let lines = truth_lines(&fake).await;
    let truth = fake.truth();
    assert_eq!(lines.len(), 1_000);
    for (line, truth) in lines.iter().zip(&truth) {
        assert_eq!(line["uuid"], truth.uuid);
        assert_eq!(line["occurredAt"], truth.occurred_at);
        assert_eq!(line["node"].to_string(), truth.node);
    }
    assert!(truth.is_sorted_by(|newer, older| newer.occurred_at_us >= older.occurred_at_us));
    let unique: HashSet<_> = fake.uuids().into_iter().collect();
    assert_eq!(unique.len(), 1_000);
}

#[tokio::test]
async fn posted_events_occur_now_and_are_visible_immediately() {
    let fake = start(Options { events: 10, ..Options::default() }).await;
    let answer = send(&fake, "POST", "/events?n=3", &[], String::new()).await.unwrap();
    let added: HashSet<String> = serde_json::from_str(&answer.text).unwrap();
    let newest: HashSet<String> = fake.uuids().into_iter().take(3).collect();
    assert_eq!((added.len(), added), (3, newest));
    let late = fake.add_events(2, Some(1_735_689_600_000_000));
    assert_eq!(fake.uuids().len(), 15);
    assert!(fake.uuids()[13..].iter().all(|uuid| late.contains(uuid)));
}

#[tokio::test]
async fn a_thousand_events_include_one_of_200_kb_and_ties() {
    let fake = start(Options { events: 1_000, ..Options::default() }).await;
    let truth = fake.truth();
    assert_eq!(truth.iter().filter(|event| event.node.len() > 200_000).count(), 1);
    let ties = truth.windows(2).filter(|pair| pair[0].occurred_at_us == pair[1].occurred_at_us);
    assert!(ties.count() > 5);
    let same_ms = truth.windows(2).filter(|pair| {
        pair[0].occurred_at == pair[1].occurred_at
            && pair[0].occurred_at_us != pair[1].occurred_at_us
    });
    assert!(same_ms.count() > 5);
}

#[tokio::test]
async fn fields_follow_the_order_of_the_query() {
    let query = "{ organization(slug: \"example-org\") {
        slug auditEvents(first: 1) { edges { node { type uuid occurredAt } cursor } } id } }";
    let fake = start(Options::default()).await;
    let text = ask(&fake, query, Value::Null).await.text;
    let places = ["slug", "type", "uuid", "occurredAt", "cursor", "id"]
        .map(|name| text.find(&format!("\"{name}\":")).unwrap());
    assert!(places.is_sorted(), "{text}");
}

#[tokio::test]
async fn a_single_event_is_found_by_its_uuid() {
    let fake = start(Options::default()).await;
    let truth = &fake.truth()[17];
    let query = "query($uuid: ID!) { auditEvent(uuid: $uuid) { uuid type } }";
    let answer = ask(&fake, query, json!({"uuid": truth.uuid})).await.json();
    assert_eq!(answer["data"]["auditEvent"], json!({"uuid": truth.uuid, "type": truth.kind}));
}

#[tokio::test]
async fn the_truth_takes_the_shape_of_another_query() {
    let query = QUERY.replace("id uuid type occurredAt data", "when: occurredAt uuid");
    let fake = start(Options { events: 5, query, ..Options::default() }).await;
    assert!(fake.truth()[0].node.starts_with("{\"when\":\"2025-01-01T"));
}

#[tokio::test]
async fn the_server_listens_only_on_loopback() {
    let options = Options { listen: ([0, 0, 0, 0], 0).into(), ..Options::default() };
    assert!(FakeBuildkite::start(options).await.is_err());
}

#[tokio::test]
async fn a_dropped_server_closes_its_socket() {
    let fake = start(Options::default()).await;
    let address = fake.address();
    fake.stop().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
