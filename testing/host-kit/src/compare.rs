//! Compares what was written with what should have been written.

use std::collections::HashMap;

use serde_json::Value;

/// Returns the UUIDs of records, one record per line, as the source or a transform wrote them.
pub fn uuids(lines: &str) -> Vec<String> {
    lines
        .lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            let places = [&value["uuid"], &value["metadata"]["uid"], &value["event"]["id"]];
            places.into_iter().find_map(Value::as_str).unwrap().to_owned()
        })
        .collect()
}

/// Returns how many UUIDs `got` misses, and how many it has too often or should not have.
pub fn difference(got: &[String], wanted: &[String]) -> (usize, usize) {
    let mut count: HashMap<&str, i64> = HashMap::new();
    got.iter().for_each(|uuid| *count.entry(uuid).or_default() += 1);
    wanted.iter().for_each(|uuid| *count.entry(uuid).or_default() -= 1);
    let missing = count.values().filter(|count| **count < 0).count();
    let repeated = count.values().filter(|count| **count > 0).count();
    (missing, repeated)
}

/// Asserts that two lists hold the same UUIDs, each equally often.
pub fn assert_same(got: &[String], wanted: &[String]) {
    let sizes = (got.len(), wanted.len());
    assert_eq!(difference(got, wanted), (0, 0), "(missing, surplus); sizes {sizes:?}");
}
