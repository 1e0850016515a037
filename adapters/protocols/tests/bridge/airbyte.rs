//! What an Airbyte source promises.

use crate::bridge::{Bridge, catalog};
use buildkite_audit_logs::settings::schema::SETTINGS_SCHEMA;
use fake_buildkite::{Fault, FaultHook, Limits, Options};
use host_kit::assert_same;
use serde_json::{Value, json};
use std::sync::Arc;

const READ: &str = "read --config config.json --catalog catalog.json";

#[test]
fn syncs_deliver_each_event_once() {
    let bridge = Bridge::new(2_500);
    assert_same(&bridge.sync(), &bridge.0.truth());
    assert_eq!(bridge.sync(), Vec::<String>::new());
    let new = bridge.0.fake.add_events(25, None);
    assert_same(&bridge.sync(), &new);
}

#[test]
fn each_state_counts_the_records_since_the_state_before_it() {
    let bridge = Bridge::new(1_200);
    let ran = bridge.good(READ);
    let (mut since, mut states) = (0.0, 0);
    for message in &ran.messages {
        match message["type"].as_str().unwrap() {
            "RECORD" => since += 1.0,
            "STATE" => {
                assert_eq!(message["state"]["sourceStats"]["recordCount"], since);
                (since, states) = (0.0, states + 1);
            }
            _ => {}
        }
    }
    assert_eq!((since, states > 1), (0.0, true), "{states} states");
    assert_eq!(ran.statuses(), ["STARTED", "RUNNING", "COMPLETE"]);
    let last = ran.messages.last().unwrap();
    assert_eq!(last["trace"]["stream_status"]["status"], "COMPLETE");
}

#[test]
fn a_full_refresh_reads_everything_again_unless_it_was_interrupted() {
    let bridge = Bridge::new(1_200);
    bridge.sync();
    bridge.write("catalog.json", &catalog("full_refresh"));
    // The state of an incremental sync.
    let ran = bridge.good("read --config config.json --catalog catalog.json --state state.json");
    assert_same(&ran.uuids(), &bridge.0.truth());
    let states: Vec<&Value> = ran.of("STATE").map(|message| &message["state"]).collect();
    // The first state, as after a kill.
    let counts = states.iter().map(|state| state["sourceStats"]["recordCount"].as_f64().unwrap());
    let delivered = counts.take(1).sum::<f64>() as usize;
    bridge.write("state.json", &json!([states[0]]));
    assert_eq!(bridge.sync().len(), 1_200 - delivered);
    // The state of a complete refresh, and then of an incremental sync from there.
    assert_eq!(bridge.sync().len(), 1_200);
    bridge.write("catalog.json", &catalog("incremental"));
    assert_eq!(bridge.sync().len(), 0);
}

#[test]
fn a_state_may_be_wrapped_in_its_message_and_stand_among_others() {
    let bridge = Bridge::new(30);
    let ran = bridge.good(READ);
    let state = ran.of("STATE").last().unwrap();
    let other = json!({"type": "STREAM", "stream": {
        "stream_descriptor": {"name": "another"}, "stream_state": {"cursor": 1}}});
    for states in [json!([state]), state.clone(), json!([other, state["state"]])] {
        bridge.write("state.json", &states);
        assert_eq!(bridge.sync().len(), 0, "{states}");
    }
    // PyAirbyte writes a key twice.
    let twice = format!("[{{\"global_\": 1, \"global_\": 2, {}]", &state["state"].to_string()[1..]);
    std::fs::write(bridge.0.path("state.json"), twice).unwrap();
    assert_eq!(bridge.sync().len(), 0);
    let mut reset = state["state"].clone();
    reset["stream"]["stream_state"] = json!({});
    for states in [json!([]), json!({}), json!(null), json!([reset]), json!([other])] {
        bridge.write("state.json", &states);
        assert_eq!(bridge.sync().len(), 30, "{states}");
    }
}

#[test]
fn a_wait_for_the_rate_limit_is_reported_with_its_end() {
    let limits = Limits { window_seconds: 2, ..tight() };
    let bridge = Bridge::with(Options { events: 1_500, limits, ..Options::default() });
    bridge.config(json!({"reserve_percent": 0, "page_size": 100}));
    let before = host_ms();
    let ran = bridge.good(READ);
    assert_same(&ran.uuids(), &bridge.0.truth());
    let statuses = ran.of("TRACE").map(|message| &message["trace"]["stream_status"]);
    let limited: Vec<_> = statuses.filter(|status| status.get("reasons").is_some()).collect();
    assert!(!limited.is_empty(), "{:?}", ran.statuses());
    for status in limited {
        assert_eq!(status["status"], "RUNNING");
        let reason = &status["reasons"][0];
        assert_eq!(reason["type"], "RATE_LIMITED");
        assert!(reason["rate_limited"]["quota_reset"].as_i64().unwrap() > before, "{reason}");
    }
}

/// Enough points for a few pages of 100 events.
fn tight() -> Limits {
    Limits { user_points: 1_500, organization_points: 1_500, ..Limits::generous() }
}

fn host_ms() -> i64 {
    protocols::output::now_ms()
}

#[test]
fn the_spec_asks_for_every_setting_and_hides_the_secrets() {
    let bridge = Bridge::new(0);
    let ran = bridge.good("spec");
    let spec = &ran.of("SPEC").next().unwrap()["spec"]["connectionSpecification"];
    let ours: Value = serde_json::from_str(SETTINGS_SCHEMA).unwrap();
    for name in ours["properties"].as_object().unwrap().keys() {
        let property = &spec["properties"][name];
        assert!(property["title"].is_string() && property["order"].is_u64(), "{name}: {property}");
    }
    assert_eq!(spec["properties"]["api_token"]["airbyte_secret"], true);
    assert_eq!(spec["required"], json!(["org_slug", "api_token"]));
    assert!(!spec.to_string().contains("additionalProperties"), "{spec}");
    // The form of Airbyte sends nested defaults, and would ask for what a nested object requires.
    assert!(!spec["properties"]["transform"].to_string().contains("\"default\""), "{spec}");
    assert!(spec["properties"]["rate_limit"].get("required").is_none(), "{spec}");
    assert_eq!(spec["properties"]["page_size"]["default"], 500);
}

#[test]
fn a_check_reports_success_or_what_to_do() {
    let bridge = Bridge::new(10);
    let status = |ran: &crate::bridge::Ran| {
        let last = ran.of("CONNECTION_STATUS").last().unwrap()["connectionStatus"].clone();
        (last["status"].as_str().unwrap().to_owned(), last["message"].to_string())
    };
    let good = bridge.good("check --config config.json");
    assert_eq!(status(&good).0, "SUCCEEDED");
    assert!(good.of("LOG").any(|message| message["log"]["message"] == "token accepted: yes"));
    for (settings, words) in [
        (json!({"api_token": "bkua_ffffffffffffffffffffffffffffffffffffffff"}), "token"),
        (json!({"api_token": 17}), "api_token: must be a string"),
        (json!({"api_token": null}), "api_token"),
        (json!({"org_slug": "another"}), "another"),
        (json!({"page_size": "many"}), "page_size"),
    ] {
        bridge.config(settings.clone());
        let (outcome, message) = status(&bridge.good("check --config config.json"));
        assert_eq!(outcome, "FAILED", "{settings}");
        assert!(message.contains(words) && !message.contains("secrets."), "{message}");
    }
}

#[test]
fn a_large_event_is_one_line_for_any_reader() {
    // Line breaks for Unicode, though not for JSON.
    let data = json!({ "text": "a\u{85}b\u{2028}c\u{2029}\u{b}\u{1c}d\n".repeat(100_000) });
    let node = json!({
        "uuid": "00000000-0000-4000-8000-000000000001", "type": "PIPELINE_UPDATED",
        "occurredAt": "2025-01-01T00:00:00Z", "data": data.to_string(),
    });
    let body = json!({"data": {"organization": {
        "permissions": {"auditEventsView": {"allowed": true}},
        "auditEvents": {
            "pageInfo": {"hasNextPage": false, "endCursor": null}, "edges": [{"node": node}],
        },
    }}});
    let answer = Fault::Body(body.to_string());
    let fault: FaultHook = Arc::new(move |_, _| answer.clone());
    let bridge = Bridge::with(Options { fault: Some(fault), ..Options::default() });
    for line in [READ, "tap --config config.json"] {
        let ran = bridge.good(line);
        let records: Vec<_> = ran.of("RECORD").map(|message| &message["record"]).collect();
        assert_eq!(records.len(), 1, "{line}");
        let record = records[0].get("data").filter(|data| data.get("uuid").is_some());
        assert_eq!(record.unwrap_or(records[0])["data"], data, "{line}");
    }
}
