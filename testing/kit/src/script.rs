//! One script, two players. A fixture is a text with the calls of a host, the answers of Buildkite, and what the source
//! did with them. A player repeats the calls and writes a new text; both texts must be equal.
//!
//! Sections start with a line `-- name argument --`. Inputs: `settings`, `checkpoint`, `now TIME`, `restart`, `check`,
//! `read-batch N`, and after a call an `answer` for each request it makes. An answer is a status, headers, an empty
//! line and a body; or the one line `refused` (no connection), `cut` and a body (it ends early), or `flood` (a body of
//! 17 MiB). Outputs: `request`, `records`, `findings`, `next`, `error` and `stored`.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::value::RawValue;

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A whole response.
    Response {
        /// Its status.
        status: u16,
        /// Its headers.
        headers: Vec<(String, String)>,
        /// Its body.
        body: String,
    },
    /// A body that ends early.
    Cut(String),
    /// A body of [`FLOOD_BYTES`].
    Flood,
    /// No connection.
    Refused,
}

/// Size of a flood in bytes: one mebibyte more than the source accepts.
pub const FLOOD_BYTES: usize = 17 << 20;

/// The outcome of a call, in the text form that both players share.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Method, address and body of each request, in order.
    pub requests: Vec<String>,
    /// Payloads, in order.
    pub records: Vec<String>,
    /// Lines of a check's findings.
    pub findings: Vec<String>,
    /// When to call again, and the statistics.
    pub next: Vec<String>,
    /// Kind and text of the error.
    pub error: Option<String>,
}

/// Executes the calls of a script.
pub trait Player {
    /// Starts a new source, or returns the error in the form of a fixture.
    ///
    /// # Errors
    ///
    /// Returns the error of the source's `configure`.
    fn configure(
        &mut self,
        settings: &str,
        checkpoint: Option<&str>,
        now_ms: i64,
    ) -> Result<(), String>;
    /// Reads a batch, which makes at most one request.
    fn read_batch(&mut self, records_max: u32, now_ms: i64, answer: Option<Answer>) -> Outcome;
    /// Runs a check, which makes as many requests as it needs.
    fn check(&mut self, now_ms: i64, answers: Vec<Answer>) -> Outcome;
    /// Returns the checkpoint of the source.
    fn checkpoint(&mut self) -> String;
}

#[derive(Debug)]
struct Section {
    head: String,
    body: String,
}

fn sections(text: &str) -> (String, Vec<Section>) {
    let (mut prose, mut sections) = (String::new(), Vec::<Section>::new());
    for line in text.lines() {
        let head = line.strip_prefix("-- ").and_then(|line| line.strip_suffix(" --"));
        match (head, sections.last_mut()) {
            (Some(head), _) => {
                sections.push(Section { head: head.to_owned(), body: String::new() })
            }
            (None, Some(section)) => section.body += &format!("{line}\n"),
            (None, None) => prose += &format!("{line}\n"),
        }
    }
    (prose, sections)
}

fn answer(text: &str) -> Answer {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    match first {
        "refused" => Answer::Refused,
        "flood" => Answer::Flood,
        "cut" => Answer::Cut(rest.to_owned()),
        status => {
            let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
            let header = |line: &str| {
                let (name, value) = line.split_once(": ").expect("a header");
                (name.to_owned(), value.to_owned())
            };
            Answer::Response {
                status: status.parse().expect("a status"),
                headers: head.lines().filter(|line| !line.is_empty()).map(header).collect(),
                body: body.trim_end().to_owned(),
            }
        }
    }
}

fn time_ms(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).expect("a time").timestamp_millis()
}

/// Plays a script, and returns the text that it should be.
pub fn play(text: &str, player: &mut dyn Player) -> String {
    let (prose, sections) = sections(text);
    let mut out = prose;
    let (mut settings, mut stored, mut now_ms) = (String::new(), None::<String>, 0);
    let mut is_ready = false;
    let mut at = 0;
    while let Some(Section { head, body }) = sections.get(at) {
        at += 1;
        let (name, argument) = head.split_once(' ').unwrap_or((head, ""));
        let outputs = ["request", "records", "findings", "next", "error", "stored", "answer"];
        if outputs.contains(&name) {
            continue; // Rewritten below.
        }
        let _ = write!(out, "-- {head} --\n{body}");
        match name {
            "settings" => (settings, is_ready) = (body.clone(), false),
            "checkpoint" => (stored, is_ready) = (Some(body.trim().to_owned()), false),
            "now" => now_ms = time_ms(argument),
            "restart" => is_ready = false,
            "read-batch" | "check" | "configure" => {
                let answered = || sections[at..].iter().take_while(|next| next.head == "answer");
                for next in answered() {
                    let _ = write!(out, "-- answer --\n{}", next.body);
                }
                if !is_ready {
                    if let Err(why) = player.configure(&settings, stored.as_deref(), now_ms) {
                        assert!(
                            answered().next().is_none(),
                            "an answer without a request: {head:?}"
                        );
                        let _ = write!(out, "-- error --\n{why}\n");
                        continue;
                    }
                    is_ready = true;
                }
                let mut answers: Vec<Answer> = answered().map(|next| answer(&next.body)).collect();
                let given = answers.len();
                let outcome = match name {
                    "check" => player.check(now_ms, answers),
                    "configure" => Outcome::default(),
                    _ => {
                        let answer = answers.pop();
                        player.read_batch(argument.parse().expect("a number"), now_ms, answer)
                    }
                };
                let asked = outcome.requests.len();
                assert_eq!(asked, given, "requests and answers of {head:?}");
                render(&mut out, outcome);
                let after = player.checkpoint();
                if stored.as_ref() != Some(&after) {
                    let _ = write!(out, "-- stored --\n{after}\n");
                }
                stored = Some(after);
            }
            other => panic!("unknown section {other:?}"),
        }
    }
    out
}

fn render(out: &mut String, outcome: Outcome) {
    let lists =
        [("records", outcome.records), ("findings", outcome.findings), ("next", outcome.next)];
    let requests = outcome.requests.into_iter().map(|text| ("request", text));
    let error = outcome.error.into_iter().map(|text| ("error", text));
    for (name, text) in requests.chain(error) {
        let _ = write!(out, "-- {name} --\n{text}\n");
    }
    for (name, lines) in lists {
        if !lines.is_empty() {
            let _ = write!(out, "-- {name} --\n{}\n", lines.join("\n"));
        }
    }
}

/// Formats when to call again and the statistics of a call, as fixtures show them.
pub fn show_next(next: (&str, Option<u64>), figures: [u64; 5], notes: Vec<String>) -> Vec<String> {
    let (word, wait_ms) = next;
    let [requests, points, repeats, excluded, null_nodes] = figures;
    let mut lines = vec![
        wait_ms.map_or(word.to_owned(), |wait_ms| format!("{word} {wait_ms}")),
        format!(
            "requests {requests}, points {points}, repeats {repeats}, excluded {excluded}, null nodes {null_nodes}"
        ),
    ];
    lines.extend(notes.into_iter().map(|note| format!("note: {note}")));
    lines
}

/// Formats a request as fixtures show it. The query is always the same, so only the variables are shown.
pub fn show_request(method: &str, address: &str, body: &str) -> String {
    let mut body: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(body).expect("the request is JSON");
    let query: String = serde_json::from_str(body["query"].get()).expect("a text");
    assert_eq!(query, include_str!("../../../src/buildkite/query.graphql"));
    format!("{method} {address}\n{}", body.remove("variables").expect("variables").get())
}
