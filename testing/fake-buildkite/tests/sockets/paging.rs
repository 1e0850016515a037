//! Tests that paging through everything returns the truth, whatever the quirks.

use fake_buildkite::{FakeBuildkite, Options, QUERY, Quirks};
use serde_json::{Value, json};

use crate::client::{ask, start};

/// Returns all nodes, newest first, as (UUID, text of the node). Follows `endCursor`, and trusts an end
/// only after a small page confirms it.
async fn walk(fake: &FakeBuildkite, first: u64, filter: Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut after, mut size) = (Value::Null, first);
    loop {
        let mut variables = filter.clone();
        variables["slug"] = json!("example-org");
        variables["first"] = json!(size);
        variables["after"] = after.clone();
        let events = ask(fake, QUERY, variables).await.events();
        let edges = events["edges"].as_array().unwrap();
        for edge in edges {
            let node = &edge["node"];
            found.push((node["uuid"].as_str().unwrap().to_owned(), node.to_string()));
        }
        if let cursor @ Value::String(_) = &events["pageInfo"]["endCursor"] {
            after = cursor.clone();
        }
        size = match (events["pageInfo"]["hasNextPage"].as_bool().unwrap(), size) {
            (true, _) => first,
            (false, 2) => return found,
            (false, _) => 2,
        };
    }
}

fn every_quirk() -> impl Iterator<Item = Quirks> {
    (0..32).map(|bits| Quirks {
        from_inclusive: bits & 1 == 0,
        to_inclusive: bits & 2 == 0,
        ties_reversed: bits & 4 != 0,
        short_pages: bits & 8 != 0,
        false_has_next_on_full: bits & 16 != 0,
        ..Quirks::default()
    })
}

#[tokio::test]
async fn paging_equals_the_truth_for_every_combination_of_quirks() {
    for quirks in every_quirk() {
        let fake = start(Options { seed: 11, events: 150, quirks, ..Options::default() }).await;
        let found = walk(&fake, 23, json!({})).await;
        let truth: Vec<_> = fake.truth().into_iter().map(|it| (it.uuid, it.node)).collect();
        assert_eq!(found, truth, "{quirks:?}");
        fake.stop().await;
    }
}

#[tokio::test]
async fn the_ends_of_a_range_are_as_inclusive_as_the_quirks_say() {
    for quirks in every_quirk() {
        let fake = start(Options { events: 0, quirks, ..Options::default() }).await;
        let at = |us: i64| fake.add_events(1, Some(1_700_000_000_000_000 + us)).remove(0);
        let (low, middle, high) = (at(0), at(1), at(2));
        let range = json!({
            "from": "2023-11-14T22:13:20.000000Z",
            "to": "2023-11-14T22:13:20.000002",
        });
        let found: Vec<_> = walk(&fake, 9, range).await.into_iter().map(|it| it.0).collect();
        let mut expected = Vec::new();
        expected.extend(quirks.to_inclusive.then_some(high));
        expected.push(middle);
        expected.extend(quirks.from_inclusive.then_some(low));
        assert_eq!(found, expected, "{quirks:?}");
    }
}

#[tokio::test]
async fn new_events_do_not_shift_the_pages_of_a_walk() {
    let fake = start(Options { events: 60, ..Options::default() }).await;
    let before = fake.uuids();
    let page = |after: Value| json!({"slug": "example-org", "first": 30, "after": after});
    let first = ask(&fake, QUERY, page(Value::Null)).await.events();
    fake.add_events(7, None);
    let second = ask(&fake, QUERY, page(first["pageInfo"]["endCursor"].clone())).await.events();
    let uuids = [&first, &second].map(|events| events["edges"].as_array().unwrap().clone());
    let uuids: Vec<_> = uuids.iter().flatten().map(|edge| edge["node"]["uuid"].clone()).collect();
    assert_eq!(uuids, before);
}

#[tokio::test]
async fn a_page_has_at_most_500_events_and_500_by_default() {
    let fake = start(Options { events: 600, ..Options::default() }).await;
    let rows = "pageInfo { hasNextPage } edges { node { uuid } }";
    for arguments in ["", "(first: 9999)"] {
        let query = format!(
            "{{organization(slug: \"example-org\") {{auditEvents{arguments} {{{rows}}}}}}}"
        );
        let events = ask(&fake, &query, Value::Null).await.events();
        assert_eq!(events["edges"].as_array().unwrap().len(), 500);
        assert_eq!(events["pageInfo"]["hasNextPage"], true);
    }
}

#[tokio::test]
async fn filters_return_what_they_name_and_the_count_agrees() {
    let fake = start(Options { events: 800, ..Options::default() }).await;
    let query = "query($types: [AuditEventType!], $actors: [AuditActorType!], $subjects: [ID!]) {
        organization(slug: \"example-org\") {
            auditEvents(type: $types, actorType: $actors, subjectUUID: $subjects) {
                count edges { node { type actor { type } subject { uuid } } }
            } } }";
    let all = ask(&fake, query, json!({})).await.events();
    assert_eq!(all["count"], 800);
    let subject = all["edges"][0]["node"]["subject"]["uuid"].clone();
    for (filter, pointer, expected) in [
        (json!({"types": ["SECRET_READ"]}), "/node/type", json!("SECRET_READ")),
        (json!({"actors": ["AGENT"]}), "/node/actor/type", json!("AGENT")),
        (json!({"subjects": [subject]}), "/node/subject/uuid", subject.clone()),
    ] {
        let events = ask(&fake, query, filter.clone()).await.events();
        let edges = events["edges"].as_array().unwrap();
        assert!(edges.iter().all(|edge| edge.pointer(pointer) == Some(&expected)), "{filter}");
        assert!(!edges.is_empty() && edges.len() < 500, "{filter}");
        assert_eq!(events["count"], edges.len(), "{filter}");
    }
}
