//! Tests that no part of an event is lost: each leaf of the input is a leaf of the output.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::samples::{Sample, samples, transformed};

/// Counts the leaves of a JSON value, by their text. An empty object or list is a leaf.
fn leaves(json: &str, found: &mut BTreeMap<String, usize>) {
    let members = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(json);
    let items = members
        .map(|members| members.into_values().collect::<Vec<_>>())
        .or_else(|_| serde_json::from_str::<Vec<Box<RawValue>>>(json));
    match items {
        Ok(items) if !items.is_empty() => {
            items.iter().for_each(|item| leaves(item.get(), found));
        }
        _ => *found.entry(json.to_owned()).or_default() += 1,
    }
}

/// Returns the leaves of the input that the output lacks.
pub fn missing(input: &str, output: &str) -> Vec<String> {
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    leaves(input, &mut before);
    leaves(output, &mut after);
    let count = |leaf: &String| after.get(leaf).copied().unwrap_or_default();
    before
        .into_iter()
        .filter(|(leaf, number)| count(leaf) < *number)
        .map(|(leaf, _)| leaf)
        .collect()
}

pub const EVERY_SCHEMA: [&str; 4] = [
    r#"{"schema":"ocsf","version":"1.8.0","org_slug":"acme"}"#,
    r#"{"schema":"ocsf","version":"1.9.0"}"#,
    r#"{"schema":"ecs","version":"8.11.0","org_slug":"acme"}"#,
    r#"{"schema":"ecs","version":"9.4.0"}"#,
];

#[test]
fn no_leaf_of_an_event_is_lost() {
    let samples = samples();
    assert!(samples.len() > 5_000, "{}", samples.len());
    for settings in EVERY_SCHEMA {
        let outputs = transformed(settings, &samples);
        assert_eq!(outputs.len(), samples.len());
        for (Sample { payload, .. }, output) in samples.iter().zip(&outputs) {
            assert_eq!(missing(payload, output), Vec::<String>::new(), "{payload}\n{output}");
        }
    }
}

#[test]
fn the_walk_finds_what_is_missing() {
    let input = r#"{"a":[1.0,{}],"b":{"c":"x"},"d":"x"}"#;
    assert_eq!(missing(input, r#"{"b":["x",{}],"a":"x","z":1.0}"#), Vec::<String>::new());
    assert_eq!(missing(input, r#"{"a":[1,{}],"b":"x"}"#), ["\"x\"", "1.0"]);
}
