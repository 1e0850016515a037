//! Compares the scan with the same pass by `serde_json`, on texts that a seeded generator makes. `SCAN_TEXTS` sets how
//! many: `SCAN_TEXTS=10000000 cargo test -p buildkite-audit-logs --lib walk::`.

use super::*;

mod generate;
mod list;
mod oracle;

/// Returns everything about an answer that the scan finds, to compare and to show.
fn said(body: Result<Body, String>) -> String {
    match body {
        Ok(body) => format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            body.seen, body.errors, body.permissions, body.page_info, body.rows, body.wrong
        ),
        Err(why) => why,
    }
}

/// Asserts that both say the same about a text, and returns whether it is valid.
fn compare(text: &str) -> bool {
    let (scanned, expected) = (Body::read(text), oracle::read(text));
    let is_valid = expected.is_ok();
    let is_same = match (&scanned, &expected) {
        (Ok(a), Ok(b)) => {
            a.rows == b.rows
                && a.wrong == b.wrong
                && a.seen == b.seen
                && (a.errors, a.permissions, a.page_info) == (b.errors, b.permissions, b.page_info)
        }
        (Err(a), Err(b)) => a == b,
        _ => false,
    };
    assert!(is_same, "{text:?}\n{}\n{}", said(scanned), said(expected));
    is_valid
}

#[test]
fn the_scan_says_what_serde_json_says() {
    let count = std::env::var("SCAN_TEXTS").ok().and_then(|count| count.parse().ok());
    let count = count.unwrap_or(if cfg!(miri) { 200 } else { 200_000 });
    let mut random = fastrand::Rng::with_seed(u64::from(count));
    let mut valid = 0_u32;
    for _ in 0..count {
        let text = generate::answer(&mut random);
        valid += u32::from(compare(&text));
    }
    println!("{valid} of {count} texts are valid");
    assert!((count / 5..count).contains(&valid), "{valid} of {count} texts are valid");
}

#[test]
fn a_text_may_end_anywhere() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..if cfg!(miri) { 1 } else { 60 } {
        let text = generate::valid_answer(&mut random);
        for (at, _) in text.char_indices() {
            compare(&text[..at]);
        }
    }
}
