//! The categories of the JSON Test Suite, written anew: structure, numbers, strings, escapes, surrogates, white space
//! and encodings. Each text is read as a whole and at each place of an answer.

use serde_json::value::RawValue;

use super::compare;
use crate::text::scan::cursor::Cursor;
use crate::text::scan::line::Line;

mod texts;

fn all() -> impl Iterator<Item = String> {
    let lists =
        [texts::STRUCTURE, texts::NUMBERS, texts::STRINGS, texts::SURROGATES, texts::BLANKS];
    lists.into_iter().flatten().map(|text| (*text).to_owned()).chain(deep())
}

/// Returns lists and objects around the depths at which something changes.
fn deep() -> impl Iterator<Item = String> {
    [63, 64, 65, 99, 100, 101, 127, 128, 129, 500, 5_000].into_iter().flat_map(|depth| {
        [
            "[".repeat(depth),
            "[".repeat(depth) + &"]".repeat(depth),
            "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth),
            "[{\"a\":".repeat(depth) + &"}]".repeat(depth),
            "[{\"a\":".repeat(depth) + "0" + &"}]".repeat(depth),
            "[{\"a\":".repeat(depth) + "0" + &"}]".repeat(depth - 1) + "]]",
        ]
    })
}

#[test]
fn a_whole_text_is_read_as_serde_json_reads_it() {
    for text in all() {
        for shift in 0..=32 {
            let text = " ".repeat(shift) + &text;
            let mut out = String::new();
            let scanned = Cursor::new(&text).whole(&mut Line::to(&mut out, 0));
            let scanned = scanned.map(|_| ()).map_err(|stop| stop.line_and_column(&text));
            let read = serde_json::from_str::<&RawValue>(&text);
            let read = read.map(|_| ()).map_err(|why| (why.line(), why.column()));
            assert_eq!(scanned, read, "{text:?}");
            assert!(read.is_err() || serde_json::from_str::<&RawValue>(&out).is_ok(), "{text:?}");
        }
    }
}

#[test]
fn a_text_at_any_place_is_read_as_serde_json_reads_it() {
    let uuid = "\"uuid\":\"01931fa7-b1c0-7abc-8abc-0123456789ab\"";
    for text in all() {
        let inner = serde_json::to_string(&text).unwrap();
        let edge = |edge: &str| {
            compare(&format!(
                "{{\"data\":{{\"organization\":{{\"auditEvents\":{{\"edges\":[{edge}]}}}}}}}}"
            ))
        };
        for text in [text.as_str(), &inner] {
            edge(text);
            edge(&format!("{{\"node\":{text}}}"));
            for name in ["data", "uuid", "type", "occurredAt", "x"] {
                edge(&format!("{{\"node\":{{{uuid},\"{name}\":{text}}}}}"));
            }
            edge(&format!("{{\"node\":{{{uuid},{text}:1}}}}"));
            compare(text);
            compare(&format!("{{{text}:1}}"));
            for name in ["errors", "data", "organization", "other"] {
                compare(&format!("{{\"{name}\":{text}}}"));
                compare(&format!("{{\"data\":{{\"{name}\":{text}}}}}"));
            }
            for name in ["permissions", "auditEvents"] {
                compare(&format!("{{\"organization\":{{\"{name}\":{text}}}}}"));
            }
            for name in ["pageInfo", "edges"] {
                compare(&format!("{{\"organization\":{{\"auditEvents\":{{\"{name}\":{text}}}}}}}"));
            }
        }
    }
}
