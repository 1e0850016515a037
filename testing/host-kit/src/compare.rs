//! Compares what was written with what should have been.

use std::collections::HashMap;

use serde_json::Value;

/// The UUIDs of records, one a line.
pub fn uuids(lines: &str) -> Vec<String> {
    lines
        .lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            value["uuid"].as_str().unwrap().to_owned()
        })
        .collect()
}

/// How many of `wanted` are not in `got`, and how many are in it too often or without being wanted.
pub fn difference(got: &[String], wanted: &[String]) -> (usize, usize) {
    let mut count: HashMap<&str, i64> = HashMap::new();
    got.iter().for_each(|uuid| *count.entry(uuid).or_default() += 1);
    wanted.iter().for_each(|uuid| *count.entry(uuid).or_default() -= 1);
    let missing = count.values().filter(|count| **count < 0).count();
    let repeated = count.values().filter(|count| **count > 0).count();
    (missing, repeated)
}

/// Insists that two lists hold the same, each as often.
pub fn assert_same(got: &[String], wanted: &[String]) {
    let sizes = (got.len(), wanted.len());
    assert_eq!(difference(got, wanted), (0, 0), "missing, too many; sizes {sizes:?}");
}
