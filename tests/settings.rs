//! Tests that `docs/settings.md` has the keys, defaults and ranges of the settings.

use buildkite_audit_logs::settings::range::NUMBERS;
use buildkite_audit_logs::settings::{KEYS, endpoint};

const PAGE: &str = include_str!("../docs/settings.md");

/// Returns the cells of the row that begins with this key: default and meaning.
fn row(key: &str) -> (&'static str, &'static str) {
    let start = format!("| `{key}` | ");
    let mut rows = PAGE.lines().filter_map(|line| line.strip_prefix(start.as_str()));
    let row = rows.next().and_then(|rest| rest.strip_suffix(" |")).expect("a row");
    assert_eq!(rows.next(), None, "{key}");
    row.split_once(" | ").expect("two cells")
}

/// Writes a number as the page does: `86,400`.
fn written(number: i64) -> String {
    match number {
        ..1_000 => number.to_string(),
        _ => format!("{},{:03}", number / 1_000, number % 1_000),
    }
}

#[test]
fn the_page_on_settings_has_every_key_with_its_default_and_range() {
    for key in KEYS {
        row(key);
    }
    for range in NUMBERS {
        let (default, meaning) = row(range.key);
        assert_eq!(default, written(range.default), "{}", range.key);
        let ends = format!(", {}–{}.", written(range.least), written(range.most));
        assert!(meaning.ends_with(&ends), "{}: {meaning} does not end with {ends}", range.key);
    }
    assert_eq!(row("endpoint").0, format!("`{}`", endpoint::DEFAULT));
}
