//! Tests that no part of an event is lost: each leaf of the input is a leaf of the output.

use crate::samples::{Sample, samples, transformed};
use crate::walk::missing;

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
