//! Tests settings that change between runs: nothing is delivered again, and newly requested events are delivered.
#![allow(clippy::panic)] // A test fails by a panic.

use buildkite_audit_logs::buildkite::response::Response;
use buildkite_audit_logs::checkpoint::tools::rebind;
use buildkite_audit_logs::source::{Batch, Next, Source, Turn};
use buildkite_audit_logs::text::time::Millis;
use serde_json::{Value, json};

const NOW_MS: i64 = 1_767_225_600_000;

/// Answers from a log with one event every ten seconds, each visible immediately, the newest at `NOW_MS`.
fn answer(body: &str, now_ms: i64) -> Response {
    let request: Value = serde_json::from_str(body).expect("JSON");
    let variables = &request["variables"];
    let time =
        |name: &str| variables[name].as_str().and_then(Millis::parse_rfc3339).map(Millis::get);
    let newest = time("to").unwrap_or(i64::MAX).min(NOW_MS).min(now_ms) / 10_000;
    let newest =
        variables["after"].as_str().map_or(newest, |after| after.parse::<i64>().expect("a cursor"));
    let oldest = time("from").unwrap_or(0).max(NOW_MS - 7_200_000) / 10_000;
    let first = variables["first"].as_i64().expect("first");
    let count = (newest - oldest).clamp(0, first);
    let node = |at: i64| {
        let uuid = format!("00000000-0000-4000-8000-{at:012x}");
        json!({"node": {"uuid": uuid, "type": "X", "occurredAt": Millis::new(at * 10_000).to_string()}})
    };
    let edges: Vec<Value> = (0..count).map(|back| node(newest - back)).collect();
    let page_info =
        json!({"hasNextPage": newest - count > oldest, "endCursor": (newest - count).to_string()});
    let body = json!({"data": {"organization": {
        "permissions": null, "auditEvents": {"pageInfo": page_info, "edges": edges},
    }}});
    Response {
        status: 200,
        headers: vec![date(now_ms)],
        body: body.to_string().into_bytes(),
        elapsed_ms: 0,
    }
}

fn date(ms: i64) -> (String, String) {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_millis(ms as u64);
    ("date".to_owned(), httpdate::fmt_http_date(time))
}

fn configure(settings: &str, checkpoint: Option<&str>, now_ms: i64) -> Source {
    let secrets = [("api_token".to_owned(), "bkua_0123456789abcdef".to_owned())];
    Source::configure(settings, &secrets, checkpoint, Millis::new(now_ms)).expect("good settings")
}

fn call(source: &mut Source, records_max: u32, now_ms: i64) -> Batch {
    let now = Millis::new(now_ms);
    match source.read_batch(records_max, now) {
        Turn::Done(batch) => batch,
        Turn::Send(call) => {
            let response = answer(&call.request().body, now_ms);
            call.receive(Ok(response), now).expect("a batch")
        }
    }
}

/// Runs until idle, adds the UUIDs to `uuids`, and returns the checkpoint.
fn run(settings: &str, checkpoint: Option<&str>, now_ms: i64, uuids: &mut Vec<String>) -> String {
    let mut source = configure(settings, checkpoint, now_ms);
    for _ in 0..100 {
        let batch = call(&mut source, 1_000, now_ms);
        uuids.extend(batch.rows.iter().map(|row| row.id.clone()));
        if let Next::Idle(_) = batch.next {
            return source.checkpoint();
        }
    }
    panic!("no end");
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
    let mut source = configure(&settings(""), None, NOW_MS);
    let Turn::Send(call) = source.read_batch(10, Millis::new(NOW_MS)) else { panic!("no request") };
    let busy = Response { status: 429, headers: vec![], body: vec![], elapsed_ms: 0 };
    call.receive(Ok(busy), Millis::new(NOW_MS)).expect("a batch");
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
fn a_rebound_state_hands_out_nothing_again() {
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
fn a_lookback_that_falls_and_rises_in_mid_page_repeats_nothing() {
    let with = |lookback: u32| {
        settings(&(since(3_599_999) + &format!(r#","lookback_seconds":{lookback}"#)))
    };
    let mut uuids = Vec::new();
    let mut checkpoint = None;
    for (lookback, calls) in [(3_600, 1), (1, 1), (3_600, 1)] {
        let mut source = configure(&with(lookback), checkpoint.as_deref(), NOW_MS);
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
    let mut source = configure(&settings, Some(&checkpoint), NOW_MS - 200_000);
    let Turn::Send(call) = source.read_batch(1_000, Millis::new(NOW_MS - 200_000)) else {
        panic!("no request")
    };
    let mut ahead = answer(&call.request().body, NOW_MS - 200_000);
    ahead.headers = vec![date(NOW_MS + 3_600_000)];
    let batch = call.receive(Ok(ahead), Millis::new(NOW_MS - 200_000)).expect("a batch");
    uuids.extend(batch.rows.into_iter().map(|row| row.id));
    assert_once(uuids.clone(), 40);
    // Later events are below that date, and are delivered all the same.
    run(&settings, Some(&source.checkpoint()), NOW_MS, &mut uuids);
    assert_once(uuids, 60);
}
