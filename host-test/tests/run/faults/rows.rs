//! The table of faults: what goes wrong, at which requests, and what happens then.

use End::{Exit, Same};
use fake_buildkite::Fault;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

/// How a run with the faults of a row ends.
#[derive(Clone, Copy)]
pub enum End {
    /// As if there were none, after this message.
    Same(&'static str),
    /// With this exit code and message; the next run reads the rest.
    Exit(i32, &'static str),
}

/// One row of the table.
pub struct Row {
    pub name: &'static str,
    /// The faults, by number of the request.
    pub faults: BTreeMap<u64, Fault>,
    pub end: End,
    /// How long a 429 of the row asks to wait, in seconds.
    pub wait_seconds: u64,
    /// Time limit of one call in seconds, if not the default.
    pub call_seconds: Option<u64>,
}

/// Returns a row with a fault that a run survives, at the first page and at a page of history.
fn over(name: &'static str, fault: Fault, says: &'static str) -> Row {
    let faults = [(0, fault.clone()), (2, fault)].into();
    Row { name, faults, end: Same(says), wait_seconds: 0, call_seconds: None }
}

/// Returns a row with a fault that ends a run in the middle of history.
fn ends(name: &'static str, fault: Fault, code: i32, says: &'static str) -> Row {
    let faults = [(1, fault)].into();
    Row { name, faults, end: Exit(code, says), wait_seconds: 0, call_seconds: None }
}

fn status(status: u16, headers: &[(&str, &str)], body: &str) -> Fault {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Fault::Status { status, headers, body: body.into() }
}

fn headers(name: &str, value: &str) -> Fault {
    Fault::Headers(vec![(name.into(), value.into())])
}

/// Returns a 429 with the resets of both buckets, in seconds.
fn reset(organization: &str, user: &str, message: &str) -> Fault {
    let resets = [("ratelimit-reset", organization), ("ratelimit-user-reset", user)];
    status(429, &resets, &format!(r#"{{"errors":[{{"message":"{message}"}}]}}"#))
}

pub fn rows(elsewhere: SocketAddr) -> Vec<Row> {
    // The slowest first, so that they run beside others.
    let mut rows = endless();
    rows.extend(throttled());
    rows.extend(network());
    rows.extend(answers());
    rows.extend(refusals(elsewhere));
    rows
}

/// Returns answers that are too large, too slow, or never end.
fn endless() -> Vec<Row> {
    // A final 429 makes the run wait, so that its peak memory is seen however fast it continues.
    let large = |name, size: Option<u64>, says| {
        let faults = [0, 2].map(|number| (number, Fault::Fill(size)));
        let faults = faults.into_iter().chain([(3, reset("1", "1", "slow down"))]).collect();
        Row { wait_seconds: 1, faults, ..over(name, Fault::None, says) }
    };
    let limited = |name, fault| {
        let says = "read-batch: the time limit of 2 s was exceeded";
        Row { call_seconds: Some(2), ..ends(name, fault, 1, says) }
    };
    // From 100 events per page to 1 in seven steps.
    let hopeless = (1..8).map(|number| (number, Fault::Fill(None))).collect();
    let too_large = "the page was too heavy: asking for 50 events per page (protocol error: the answer for a single";
    let single = "protocol error: the answer for a single event is larger than 16 MiB";
    let pause = Duration::from_millis(10);
    vec![
        Row { faults: hopeless, ..ends("endless at every page size", Fault::None, 1, single) },
        large("a body of 500 MB", Some(500_000_000), too_large),
        large("a body without end", None, too_large),
        limited("silence", Fault::Hang),
        limited("a drip without end", Fault::Drip { bytes: 1, pause: 10 * pause }),
        over("a slow drip", Fault::Drip { bytes: 2_000, pause }, ""),
    ]
}

fn throttled() -> Vec<Row> {
    let says = "the rate limit was exceeded (HTTP 429)";
    let row = |name, wait_seconds, fault| Row { wait_seconds, ..over(name, fault, says) };
    let named = "You have exceeded your limit. Please try again in 2 seconds.";
    vec![
        row("429, the organization's reset is later", 2, reset("2", "1", "")),
        row("429, the user's reset is later", 2, reset("-5", "2", "")),
        row("429, the message names the seconds", 2, reset("-1", "0", named)),
        row("429 of a proxy, without JSON", 1, {
            let past = [("ratelimit-reset", "0"), ("ratelimit-user-reset", "0")];
            status(429, &[&past[..], &[("retry-after", "1")]].concat(), "<html>429</html>")
        }),
    ]
}

/// Returns faults of the network or of a proxy.
fn network() -> Vec<Row> {
    let raw = |text: &str| Fault::Raw(text.as_bytes().to_vec());
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let long = format!("HTTP/1.1 200 OK\r\nx: {}", "x".repeat(1 << 20));
    vec![
        over("closed before the head", Fault::CloseBeforeHeaders, "connection was closed"),
        over("reset before the head", Fault::ResetBeforeHeaders, "connection was closed"),
        over("reset after the head", Fault::ResetAfterHeaders, "the answer ended early"),
        over("a truncated body", Fault::TruncateBody, "the answer ended early"),
        over("a truncated head", raw("HTTP/1.1 200 OK\r\ncontent-le"), "retrying in"),
        over("a truncated chunk", raw(&format!("{chunked}ff\r\n{{")), "the answer ended early"),
        over(
            "a chunk without a size",
            raw(&format!("{chunked}zz\r\n{{")),
            "the answer ended early",
        ),
        over("garbage", Fault::Raw((0..=255).collect()), "the answer is not HTTP"),
        over("a head without end", raw(&long), "the answer is not HTTP"),
        over(
            "half of the JSON, and no length",
            {
                raw(
                    "HTTP/1.1 200 OK\r\n\r\n{\"data\":{\"organization\":{\"auditEvents\":{\"edges\":[",
                )
            },
            "the answer is not a JSON object",
        ),
        over(
            "gzip without content-encoding",
            {
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n";
                let empty = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0";
                Fault::Raw([&head[..], empty].concat())
            },
            "the answer is not a JSON object",
        ),
        over("HTTP 408", status(408, &[], ""), "HTTP 408"),
        over("HTTP 500", status(500, &[], r#"{"message":"oh no"}"#), "HTTP 500: \"oh no\""),
        over("HTTP 502", status(502, &[], "<html>Bad Gateway</html>"), "HTTP 502"),
        over("HTTP 503", status(503, &[("retry-after", "1")], ""), "HTTP 503"),
        over(
            "HTTP 504",
            status(504, &[], ""),
            "too heavy: asking for 50 events per page (transient: HTTP 504",
        ),
    ]
}

/// Returns answers with status 200 that are not valid.
fn answers() -> Vec<Row> {
    let html = status(200, &[("content-type", "text/html")], "<!doctype html><p>Log in</p>");
    let body = |text: &str| Fault::Body(text.into());
    let partial = r#"{"errors":[{"message":"timed out"}],"data":{"organization":{"auditEvents":
        {"pageInfo":{"hasNextPage":false,"endCursor":null},"edges":[]}}}}"#;
    vec![
        over("an HTML page", html, "the answer is not a JSON object (it does not start with {)"),
        over("an empty body", body(""), "the answer is not a JSON object"),
        over("a list", body("[]"), "the answer is not a JSON object"),
        over("half of the JSON", body(&partial[..90]), "the answer is not a JSON object"),
        over("errors beside partial data", body(partial), "Buildkite answered \"timed out\""),
        over("a wrong content type", headers("content-type", "image/png"), ""),
    ]
}

/// Returns failures that retrying does not fix.
fn refusals(elsewhere: SocketAddr) -> Vec<Row> {
    let body = |text: &str| Fault::Body(text.into());
    let target = format!("http://{elsewhere}/v1");
    let moved = |code| status(code, &[("location", target.as_str())], "");
    let redirect = "a redirect, which is not followed";
    let denied = r#"{"data":{"organization":{"permissions":{"auditEventsView":{"allowed":false,
        "code":"not_admin","message":"No"}},"auditEvents":null}}}"#;
    vec![
        ends(
            "gzip",
            headers("content-encoding", "gzip"),
            1,
            "the answer has content-encoding \"gzip\"",
        ),
        ends("a redirect, 301", moved(301), 1, redirect),
        ends("a redirect, 302", moved(302), 1, redirect),
        ends("a redirect, 307", moved(307), 1, redirect),
        ends("a redirect, 308", moved(308), 1, redirect),
        ends(
            "HTTP 400",
            status(400, &[], "{\"message\":\"Bad\"}"),
            1,
            "protocol error: HTTP 400: \"Bad\"",
        ),
        ends("HTTP 401", status(401, &[], ""), 3, "unauthorized: the token was refused (HTTP 401"),
        ends("HTTP 403", status(403, &[], ""), 3, "unauthorized: the token may not do this"),
        ends("HTTP 404", status(404, &[], ""), 1, "protocol error: HTTP 404"),
        ends("no organization", body(r#"{"data":{"organization":null}}"#), 3, "was not found"),
        ends("no audit log", body(denied), 3, "Buildkite does not show the audit log"),
        ends(
            "auditEvents null",
            body(r#"{"data":{"organization":{"auditEvents":null}}}"#),
            3,
            "auditEvents is null",
        ),
        ends(
            "edges null",
            body(r#"{"data":{"organization":{"auditEvents":{"edges":null}}}}"#),
            1,
            "protocol error: the answer has an unknown shape: auditEvents.edges is null",
        ),
    ]
}
