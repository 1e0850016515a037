//! Tests settings that change between runs: nothing is delivered again, and newly requested events are delivered.

use buildkite_audit_logs::buildkite::response::Response;
use buildkite_audit_logs::checkpoint::tools::rebind;
use buildkite_audit_logs::source::{Batch, Next, Source};
use buildkite_audit_logs::text::time::Millis;
use kit::response::{date, response};
use kit::{Asked, NOW_MS, Points, Remote, configure, read};

/// Answers from a log with one event every ten seconds.
fn answer(asked: &Asked, now: Millis) -> Response {
    Remote::new(10_000, Points::plenty()).answer(asked, now)
}

fn start(settings: &str, checkpoint: Option<&str>, now_ms: i64) -> Source {
    configure(settings, checkpoint, Millis::new(now_ms)).expect("good settings")
}

fn call(source: &mut Source, records_max: u32, now_ms: i64) -> Batch {
    let now = Millis::new(now_ms);
    read(source, records_max, now, |asked| Ok(answer(asked, now))).expect("a batch")
}

/// Runs until idle, adds the UUIDs to `uuids`, and returns the checkpoint.
fn run(settings: &str, checkpoint: Option<&str>, now_ms: i64, uuids: &mut Vec<String>) -> String {
    let mut source = start(settings, checkpoint, now_ms);
    for _ in 0..100 {
        let batch = call(&mut source, 1_000, now_ms);
        uuids.extend(batch.rows.iter().map(|row| row.id.clone()));
        if let Next::Idle(_) = batch.next {
            return source.checkpoint();
        }
    }
    panic!("the run does not end");
}

fn settings(rest: &str) -> String {
    format!(r#"{{"org_slug":"acme","page_size":100{rest}}}"#)
}

fn since(ago_ms: i64) -> String {
    format!(r#","backfill_start_time":"{}""#, Millis::new(NOW_MS - ago_ms))
}

fn assert_once(mut uuids: Vec<String>, count: usize) {
    let all = uuids.len();
    uuids.sort();
    uuids.dedup();
    assert_eq!((all, uuids.len()), (count, count), "(delivered, distinct)");
}

#[test]
fn a_start_added_later_delivers_the_whole_past() {
    let mut uuids = Vec::new();
    let checkpoint = run(&settings(""), None, NOW_MS + 400, &mut uuids);
    assert_eq!(uuids.len(), 0);
    run(&settings(&since(3_599_999)), Some(&checkpoint), NOW_MS + 5_000, &mut uuids);
    assert_once(uuids, 360);
}

#[test]
fn a_start_added_before_the_first_answer_counts() {
    let mut source = start(&settings(""), None, NOW_MS);
    let busy = |_: &Asked| Ok(response(429, vec![], []));
    read(&mut source, 10, Millis::new(NOW_MS), busy).expect("a batch");
    let mut uuids = Vec::new();
    run(&settings(&since(3_599_999)), Some(&source.checkpoint()), NOW_MS + 100_000, &mut uuids);
    assert_once(uuids, 360);
}

#[test]
fn an_earlier_start_adds_only_earlier_events() {
    let mut uuids = Vec::new();
    let checkpoint = run(&settings(&since(1_799_999)), None, NOW_MS, &mut uuids);
    let checkpoint = run(&settings(&since(599_999)), Some(&checkpoint), NOW_MS, &mut uuids);
    assert_once(uuids.clone(), 180);
    run(&settings(&since(3_599_999)), Some(&checkpoint), NOW_MS, &mut uuids);
    assert_once(uuids, 360);
}

#[test]
fn a_rebound_state_repeats_nothing() {
    let (plain, filtered) =
        (settings(&since(3_599_999)), settings(&(since(3_599_999) + r#","event_types":["X"]"#)));
    let mut uuids = Vec::new();
    let mut checkpoint = run(&plain, None, NOW_MS, &mut uuids);
    for settings in [&filtered, &plain, &filtered] {
        checkpoint = rebind(&checkpoint, settings).expect("bound").checkpoint;
        checkpoint = run(settings, Some(&checkpoint), NOW_MS + 5_000, &mut uuids);
    }
    assert_once(uuids, 360);
}

#[test]
fn a_lookback_that_is_lowered_and_raised_within_a_page_repeats_nothing() {
    let with = |lookback: u32| {
        settings(&(since(3_599_999) + &format!(r#","lookback_seconds":{lookback}"#)))
    };
    let mut uuids = Vec::new();
    let mut checkpoint = None;
    for (lookback, calls) in [(3_600, 1), (1, 1), (3_600, 1)] {
        let mut source = start(&with(lookback), checkpoint.as_deref(), NOW_MS);
        for _ in 0..calls {
            uuids.extend(call(&mut source, 50, NOW_MS).rows.into_iter().map(|row| row.id));
        }
        checkpoint = Some(source.checkpoint());
    }
    run(&with(3_600), checkpoint.as_deref(), NOW_MS + 61_000, &mut uuids);
    assert_once(uuids, 360);
}

#[test]
fn a_date_from_the_future_hides_nothing() {
    let settings = settings(&(since(599_999) + r#","lookback_seconds":1"#));
    let mut uuids = Vec::new();
    let checkpoint = run(&settings, None, NOW_MS - 300_000, &mut uuids);
    assert_once(uuids.clone(), 30);
    let mut source = start(&settings, Some(&checkpoint), NOW_MS - 200_000);
    let now = Millis::new(NOW_MS - 200_000);
    let ahead = |asked: &Asked| {
        let headers = vec![date((NOW_MS + 3_600_000) * 1_000)];
        Ok(Response { headers, ..answer(asked, now) })
    };
    let batch = read(&mut source, 1_000, now, ahead).expect("a batch");
    uuids.extend(batch.rows.into_iter().map(|row| row.id));
    assert_once(uuids.clone(), 40);
    // Later events are below that date, and are delivered anyway.
    run(&settings, Some(&source.checkpoint()), NOW_MS, &mut uuids);
    assert_once(uuids, 60);
}
