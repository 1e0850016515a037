//! Runs the fuzz targets without a fuzzer: on every file of the corpus, and on each with small changes, always the
//! same.
//!
//! `CHANGES=1000000 cargo test --test corpus` makes that many changes per target.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use buildkite_audit_logs::buildkite::response::BODY_BYTES_MAX;
use fastrand::Rng;
use fuzz_targets::{TARGETS, response};

/// Number of changed inputs per target. All targets together take a few seconds.
const CHANGES: usize = 2_000;

fn files(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let entries = std::fs::read_dir(folder).expect("a corpus");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    assert!(files.len() >= 8, "the corpus of {target} is missing");
    files
}

/// Runs a target on an input. If it panics, the message names the input.
fn run(target: fn(&[u8]), bytes: &[u8], origin: &Path) {
    let ended = catch_unwind(|| target(bytes));
    let shown = String::from_utf8_lossy(bytes);
    assert!(ended.is_ok(), "a promise was broken (see above): {}, as {shown:?}", origin.display());
}

/// Truncates an input, or changes, removes or repeats some of its bytes.
fn change(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let at = rng.usize(0..=bytes.len());
    let to = (at + rng.usize(0..32)).min(bytes.len());
    match rng.u8(0..5) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..to)),
        2 => bytes.insert(at, rng.choice(*b"\0\n\"\\,:[]{}-9eZ\x80\xff").unwrap_or_default()),
        3 => {
            let part = bytes[at..to].to_vec();
            bytes.splice(at..at, part);
        }
        _ => bytes[at..to].iter_mut().take(1).for_each(|byte| *byte ^= 1 << rng.u8(0..8)),
    }
}

fn replay(name: &str) {
    let (_, target) = TARGETS.into_iter().find(|(known, _)| *known == name).expect("known");
    let files = files(name);
    let changes = std::env::var("CHANGES").ok().and_then(|text| text.parse().ok());
    let each = changes.unwrap_or(CHANGES).div_ceil(files.len());
    let mut rng = Rng::with_seed(1);
    for path in files {
        let bytes = std::fs::read(&path).expect("a file");
        run(target, &bytes, &path);
        for _ in 0..each {
            let mut changed = bytes.clone();
            (0..rng.usize(1..4)).for_each(|_| change(&mut rng, &mut changed));
            run(target, &changed, &path);
        }
    }
}

#[test]
fn any_settings_are_accepted_or_refused_with_a_message() {
    replay("settings");
}

#[test]
fn any_checkpoint_is_continued_or_refused_with_a_message() {
    replay("checkpoint");
}

#[test]
fn any_answer_is_interpreted() {
    replay("response");
}

#[test]
fn any_body_is_scanned_as_serde_json_reads_it() {
    replay("answer");
}

#[test]
fn any_headers_lead_to_bounded_waits() {
    replay("headers");
}

#[test]
fn any_sync_keeps_its_promises() {
    replay("sync");
}

/// The largest accepted answer, made of as many tiny parts as fit, takes at most four times its size in memory, since a
/// host may limit memory: the text read, the record it becomes, and each once more while it grows.
#[test]
fn the_largest_answer_takes_bounded_memory_whatever_it_is_made_of() {
    let events = r#"200

{"data":{"organization":{"auditEvents":{"edges":[],"pageInfo":"#;
    let node = r#"200

{"data":{"organization":{"auditEvents":{"pageInfo":{"hasNextPage":false},"edges":[{"node":"#;
    let data = [node, r#"{"uuid":"00000000-0000-4000-8000-000000000001","type":"X","occurredAt":"2026-11-22T09:50:00.000Z","data":""#].concat();
    let data = data.as_str();
    for (head, open, part, close) in [
        (events, '{', r#""":0"#, "}}}}}"),
        (events, '[', "0", "]}}}}"),
        ("200\n\n{\"data\":{\"organization\":{\"permissions\":", '{', r#""a":0"#, "}}}}"),
        ("200\n\n{\"errors\":", '[', "0", "]}"),
        ("200\n\n{\"errors\":", '{', r#""":0"#, "}}"),
        ("200\n\n", '{', r#""a":0"#, "}"),
        ("502\n\n", '{', r#""a":0"#, "}"),
        ("401\n\n{\"errors\":", '[', "{}", "]}"),
        (node, '{', r#""a":0"#, "}}]}}}}"),
        (node, '[', "[]", "]}]}}}}"),
        (data, '[', "0", "]\"}}]}}}}"),
        (data, '[', "0", "]]\"}}]}}}}"),
    ] {
        let count = (BODY_BYTES_MAX - head.len() - close.len()) / (part.len() + 1) - 1;
        let body = [head, &open.to_string(), &[part, ","].concat().repeat(count), part, close];
        response::in_memory(body.concat().as_bytes(), 4 * BODY_BYTES_MAX);
    }
}
