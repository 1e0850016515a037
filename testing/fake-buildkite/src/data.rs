//! Generates the `data` of an event: pretty-printed JSON in a string, with everything that a reader
//! may trip over. Numbers and escapes are written as text, since no value type preserves them.

use std::fmt::Write as _;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::synth::{Purpose, Synth, is_large};
use crate::words::{DATA_KEYS, NOT_JSON, NUMBERS, ODD_TEXTS, TEXTS};

/// Minimum size of a large event's `data` in bytes.
const LARGE_BYTES: usize = 200_000;

/// Maximum depth of objects and arrays below the outermost one.
const DEPTH_MAX: u32 = 3;

/// Returns the `data` of the event with this index. `None` is GraphQL's null.
pub(crate) fn data(synth: &Synth, index: u64) -> Option<String> {
    let mut rng = synth.draw(Purpose::Data, index);
    if is_large(index) {
        return Some(large(&mut rng));
    }
    let mut text = String::new();
    match rng.random_range(0..200) {
        0..24 => return None,
        24..54 => return Some("{}".to_owned()),
        54..56 => return Some(pick(&mut rng, NOT_JSON).to_owned()),
        // JSON, but not an object: an array, a number, a string, null.
        56..58 => array(&mut text, &mut rng, 0, DEPTH_MAX),
        58 => text.push_str(pick(&mut rng, NUMBERS)),
        59 => string(&mut text, &mut rng),
        60 => text.push_str("null"),
        _ => {
            let members = rng.random_range(1..6);
            object(&mut text, &mut rng, 0, DEPTH_MAX, members);
        }
    }
    Some(text)
}

fn large(rng: &mut ChaCha8Rng) -> String {
    let mut text = String::from("{");
    let mut number = 0_u32;
    // Each member is at least 15 bytes long, so this ends.
    while text.len() < LARGE_BYTES {
        let _ = write!(text, "{}\n  \"step-{number:05}\": ", if number == 0 { "" } else { "," });
        value(&mut text, rng, 1, 2);
        number += 1;
    }
    text.push_str("\n}");
    text
}

fn value(text: &mut String, rng: &mut ChaCha8Rng, indent: usize, depth_left: u32) {
    match rng.random_range(0..20) {
        0..8 => string(text, rng),
        8..12 => text.push_str(pick(rng, NUMBERS)),
        12 => text.push_str("true"),
        13 => text.push_str("false"),
        14 => text.push_str("null"),
        15 | 16 if depth_left > 0 => array(text, rng, indent, depth_left - 1),
        17..19 if depth_left > 0 => {
            let members = rng.random_range(0..4);
            object(text, rng, indent, depth_left - 1, members);
        }
        _ => text.push_str("\"\""),
    }
}

fn object(text: &mut String, rng: &mut ChaCha8Rng, indent: usize, depth_left: u32, members: usize) {
    if members == 0 {
        text.push_str("{}");
        return;
    }
    text.push('{');
    let first = rng.random_range(0..DATA_KEYS.len());
    for number in 0..members {
        text.push_str(if number == 0 { "\n" } else { ",\n" });
        pad(text, indent + 1);
        // Start at a random key, and step by a number coprime to the number of keys: the keys are
        // not in alphabetical order, and none occurs twice.
        let key = DATA_KEYS[(first + number * 5) % DATA_KEYS.len()];
        let _ = write!(text, "\"{key}\": ");
        value(text, rng, indent + 1, depth_left);
    }
    text.push('\n');
    pad(text, indent);
    text.push('}');
}

fn array(text: &mut String, rng: &mut ChaCha8Rng, indent: usize, depth_left: u32) {
    text.push('[');
    for number in 0..rng.random_range(1..4) {
        text.push_str(if number == 0 { "\n" } else { ",\n" });
        pad(text, indent + 1);
        value(text, rng, indent + 1, depth_left);
    }
    text.push('\n');
    pad(text, indent);
    text.push(']');
}

fn string(text: &mut String, rng: &mut ChaCha8Rng) {
    let odd = rng.random_range(0..3) == 0;
    // Both lists contain JSON text, as it appears between the quotes.
    let content = pick(rng, if odd { ODD_TEXTS } else { TEXTS });
    let _ = write!(text, "\"{content}\"");
}

fn pad(text: &mut String, indent: usize) {
    for _ in 0..indent {
        text.push_str("  ");
    }
}

fn pick(rng: &mut ChaCha8Rng, from: &'static [&'static str]) -> &'static str {
    from[rng.random_range(0..from.len())]
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn most_data_is_json_and_some_is_not() {
        let synth = Synth::new(1);
        let all: Vec<_> = (0..2_000).filter_map(|index| data(&synth, index)).collect();
        let broken = all.iter().filter(|text| serde_json::from_str::<Value>(text).is_err()).count();
        assert!((1..60).contains(&broken), "{broken}");
        assert!(all.iter().any(|text| text == "{}"));
        assert!(all.iter().any(|text| text.contains("12345678901234567890")));
        assert!(all.len() < 2_000, "some data is null");
    }

    #[test]
    fn large_data_is_json_of_at_least_200_kb() {
        let text = data(&Synth::new(1), 777).unwrap();
        assert!((LARGE_BYTES..LARGE_BYTES + 2_000).contains(&text.len()));
        serde_json::from_str::<Value>(&text).unwrap();
    }
}
