//! Tests what each type of event becomes. `types.txt` lists all of them, and is written anew if `BLESS` is set.

use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use crate::samples::{samples, transformed, types};

/// Returns the event of one type under these settings.
fn becomes(settings: &str) -> Vec<Value> {
    let mut samples = samples();
    samples.dedup_by(|next, last| next.kind == last.kind);
    let outputs = transformed(settings, &samples);
    outputs.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

#[test]
fn every_type_becomes_what_the_list_says() {
    let ocsf = |version: &str| {
        let events = becomes(&format!(r#"{{"version":"{version}"}}"#));
        let name = |event: Value| {
            let activity = match event["activity_id"].as_u64() {
                Some(99) => "Other".to_owned(),
                _ => event["activity_name"].as_str().unwrap().to_owned(),
            };
            format!("{} {} {activity}", event["class_uid"], event["activity_id"])
        };
        events.into_iter().map(name).collect::<Vec<_>>()
    };
    let (old, new) = (ocsf("1.8.0"), ocsf("1.9.0"));
    let ecs = becomes(r#"{"schema":"ecs"}"#);
    let mut list = String::from("type | OCSF 1.8.0 | OCSF 1.9.0, if it differs | ECS\n");
    for (at, kind) in types().into_iter().enumerate() {
        assert_eq!(ecs[at]["event"]["action"], kind);
        let words = |name: &str| {
            let words = ecs[at]["event"][name].as_array().unwrap().iter();
            words.map(|word| word.as_str().unwrap()).collect::<Vec<_>>().join(" ")
        };
        let other = if new[at] == old[at] { "" } else { &new[at] };
        let (category, types) = (words("category"), words("type"));
        writeln!(list, "{kind} | {} | {other} | {category}: {types}", old[at]).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mapping/types.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &list).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap();
    for (line, wanted) in list.lines().zip(expected.lines()) {
        assert_eq!(line, wanted, "if this is intended, run the test with BLESS=1");
    }
    assert_eq!(list.lines().count(), expected.lines().count());
    assert_eq!(types().len(), 184);
}
