//! A record is the server's node: key order and the text of numbers are unchanged, and only `data` is unfolded.

use fake_buildkite::{Options, Quirks};
use host_kit::{World, assert_same};
use indexmap::IndexMap;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::HashMap;

type Raw = Box<RawValue>;

/// Returns valid JSON without white space between tokens and with keys in one spelling. Everything else is unchanged.
fn squeezed(json: &str) -> String {
    if let Ok(object) = serde_json::from_str::<IndexMap<String, Raw>>(json) {
        let member = |(key, value): (&String, &Raw)| {
            format!("{}:{}", serde_json::to_string(key).unwrap(), squeezed(value.get()))
        };
        return format!("{{{}}}", object.iter().map(member).collect::<Vec<_>>().join(","));
    }
    match serde_json::from_str::<Vec<Raw>>(json) {
        Ok(list) => {
            let items: Vec<String> = list.iter().map(|item| squeezed(item.get())).collect();
            format!("[{}]", items.join(","))
        }
        Err(_) => json.trim().to_owned(),
    }
}

/// Returns the expected record of this node: anything that some readers take for a line break is escaped.
fn wanted(node: &str) -> String {
    let mut members: IndexMap<String, Raw> = serde_json::from_str(node).unwrap();
    let data = members.get_mut("data").unwrap();
    let inner: Option<String> = serde_json::from_str(data.get()).unwrap();
    if let Some(value) = inner.and_then(|text| serde_json::from_str::<Raw>(&text).ok()) {
        *data = value;
    }
    let member = |(key, value): (&String, &Raw)| format!("\"{key}\":{}", squeezed(value.get()));
    format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        .replace('\u{85}', "\\u0085")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[test]
fn every_record_is_the_node_that_the_server_sent() {
    let world = World::new(6_000);
    world.good("run --config c.json --output o.ndjson --until-idle");
    let truth: HashMap<String, String> =
        world.fake.truth().into_iter().map(|truth| (truth.uuid, truth.node)).collect();
    let records = std::fs::read_to_string(world.path("o.ndjson")).unwrap();
    let uuids = host_kit::uuids(&records);
    assert_eq!(uuids.len(), truth.len());
    let (mut unfolded, mut largest, mut escaped) = (0, 0, 0);
    for (uuid, record) in uuids.iter().zip(records.lines()) {
        assert_eq!(squeezed(record), wanted(&truth[uuid]), "{uuid}");
        escaped += usize::from(record.contains("\\u2028"));
        unfolded += usize::from(record.contains(r#""data":{"#));
        largest = largest.max(record.len());
    }
    assert!(
        unfolded > 1_000 && largest > 150_000 && escaped > 50,
        "too plain: {unfolded} unfolded, {largest} bytes, {escaped} with a line separator"
    );
}

#[test]
fn every_interpretation_of_the_api_delivers_every_event_once() {
    for bits in 0..32 {
        let is_set = |bit: u32| bits >> bit & 1 == 1;
        let quirks = Quirks {
            from_inclusive: is_set(0),
            to_inclusive: is_set(1),
            ties_reversed: is_set(2),
            short_pages: is_set(3),
            false_has_next_on_full: is_set(4),
            ..Quirks::default()
        };
        let world = World::with(Options { events: 400, quirks, ..Options::default() });
        world.config(json!({"backfill_start_time": "2024-12-31T00:00:00Z", "page_size": 40}));
        world.good("run --config c.json --output o.ndjson --until-idle --max-records 33");
        assert_same(&world.in_file("o.ndjson"), &world.truth());
    }
}
