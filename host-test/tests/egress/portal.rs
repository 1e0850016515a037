//! Portals, which store the query and accept only its variables: least privilege.

use fake_buildkite::{Fault, Options, Quirks};
use host_kit::{World, assert_same, stdout};
use serde_json::json;
use std::sync::Arc;

#[test]
fn a_portal_delivers_every_event_once_with_and_without_a_data_wrapper() {
    for wrapped_portal in [true, false] {
        let quirks = Quirks { wrapped_portal, ..Quirks::default() };
        let world = World::with(Options { events: 700, quirks, ..Options::default() });
        world.config(json!({
            "endpoint": world.fake.portal(), "backfill_start_time": "2024-12-31T00:00:00Z",
        }));
        world.good("run --config c.json --output o.ndjson --until-idle");
        assert_same(&world.in_file("o.ndjson"), &world.truth());
        let output = world.good("check --config c.json");
        assert!(stdout(&output).contains("passed   answer understood"), "{}", stdout(&output));
    }
}

#[test]
fn failures_of_a_portal_are_reported_like_those_of_the_api() {
    let body = r#"{"errors": [{"message": "Something went wrong"}]}"#.to_owned();
    let fault = move |_, _: &_| Fault::Status { status: 200, headers: vec![], body: body.clone() };
    let world = World::with(Options { fault: Some(Arc::new(fault)), ..Options::default() });
    world.config(json!({"endpoint": world.fake.portal()}));
    let message = world.bad("run --config c.json --once --retries 0 --output o.ndjson", 1);
    assert!(message.contains("Buildkite answered \"Something went wrong\""), "{message}");
}

#[test]
fn a_portal_that_does_not_exist_or_belongs_to_another_organization_is_refused() {
    let world = World::new(1);
    world.config(json!({"endpoint": world.fake.portal().replace("audit-log", "other")}));
    let message = world.bad("run --config c.json --once --output o.ndjson", 1);
    assert!(message.contains("HTTP 404"), "{message}");
    world.config(json!({"endpoint": world.fake.portal(), "org_slug": "acme"}));
    let message = world.bad("run --config c.json --once --output o.ndjson", 2);
    assert!(message.contains("endpoint: a portal of example-org"), "{message}");
}

#[test]
fn the_query_to_store_is_the_query_that_is_sent() {
    let world = World::new(0);
    let output = world.good("describe --portal-query");
    assert_eq!(stdout(&output), fake_buildkite::QUERY);
}
