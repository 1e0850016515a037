//! Compares the leaves of two JSON values.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

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
