//! Plays the fixtures through the compiled component.

use bytes::Bytes;
use host_kit::scripted::ScriptedBody;
use host_test::egress::hook::{Egress, HttpError, WasiBody};
use host_test::guest::clock::Clock;
use host_test::guest::component::Plugin;
use host_test::guest::source::{
    Batch, CallError, Configuration, Finding, Limits, Next, Outcome as Ended, Secret, Source,
    SourceError,
};
use kit::TOKEN;
use kit::script::{Answer, FLOOD_BYTES, Outcome, Player, show_next, show_request};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;

/// The answers to the next requests, and the requests so far.
#[derive(Default)]
struct Wire {
    answers: VecDeque<Answer>,
    requests: Vec<String>,
}

struct Wasm {
    runtime: Arc<Runtime>,
    plugin: Arc<Plugin>,
    clock: Clock,
    wire: Arc<Mutex<Wire>>,
    source: Option<Source>,
}

impl Wasm {
    fn expect(&self, answers: impl IntoIterator<Item = Answer>) {
        let answers = answers.into_iter().collect();
        *self.wire.lock().unwrap() = Wire { answers, requests: Vec::new() };
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.wire.lock().unwrap().requests)
    }
}

fn respond(
    wire: &Mutex<Wire>,
    request: http::Request<Bytes>,
) -> Result<http::Response<WasiBody>, HttpError> {
    let mut wire = wire.lock().unwrap();
    assert_eq!(request.headers()["authorization"], format!("Bearer {TOKEN}"));
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    let address = request.uri().to_string();
    wire.requests.push(show_request(request.method().as_str(), &address, &body));
    let answer =
        wire.answers.pop_front().expect("a request was made, but the fixture has no answer to it");
    Ok(match answer {
        Answer::Refused => return Err(HttpError::ConnectionRefused),
        Answer::Cut(body) => http::Response::new(ScriptedBody::Cut(body.into()).into()),
        Answer::Flood => {
            http::Response::new(ScriptedBody::Whole(vec![b' '; FLOOD_BYTES].into()).into())
        }
        Answer::Response { status, headers, body } => {
            let mut response = http::Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(ScriptedBody::Whole(body.into()).into()).unwrap()
        }
    })
}

fn words(error: CallError) -> String {
    match error {
        CallError::Host(why) => panic!("{why}"),
        CallError::Source(SourceError::InvalidConfig(faults)) => faults
            .into_iter()
            .map(|fault| format!("invalid-config {}: {}", fault.field, fault.message))
            .collect::<Vec<_>>()
            .join("\n"),
        CallError::Source(SourceError::Unauthorized(why)) => format!("unauthorized: {why}"),
        CallError::Source(SourceError::InvalidCheckpoint(why)) => {
            format!("invalid-checkpoint: {why}")
        }
        CallError::Source(SourceError::Transient(why)) => format!("transient: {why}"),
        CallError::Source(SourceError::Protocol(why)) => format!("protocol error: {why}"),
    }
}

fn fill(outcome: &mut Outcome, batch: Batch) {
    let is_dated = |time: &&String| chrono::DateTime::parse_from_rfc3339(time).is_ok();
    let newest = batch.records.iter().rev().map(|record| &record.occurred_at).find(is_dated);
    assert_eq!(batch.stats.newest.as_ref(), newest);
    outcome.records = batch.records.into_iter().map(|record| record.payload).collect();
    let stats = batch.stats;
    let next = match batch.next {
        Next::Ready => ("ready", None),
        Next::Idle(wait_ms) => ("idle", Some(wait_ms)),
        Next::Throttled(wait_ms) => ("throttled", Some(wait_ms)),
    };
    let figures = [stats.requests, stats.points, stats.repeats, stats.excluded, stats.null_nodes];
    outcome.next = show_next(next, figures, stats.notes);
}

fn line(finding: Finding) -> String {
    let outcome = match finding.outcome {
        Ended::Passed => "passed",
        Ended::Warned => "warned",
        Ended::Failed => "failed",
        Ended::Skipped => "skipped",
    };
    format!("{outcome} {}: {}", finding.step, finding.message)
}

impl Player for Wasm {
    fn configure(
        &mut self,
        settings: &str,
        checkpoint: Option<&str>,
        now_ms: i64,
    ) -> Result<(), String> {
        self.clock.set(now_ms.try_into().unwrap());
        let wire = Arc::clone(&self.wire);
        let egress = Egress::Scripted(Arc::new(move |request| respond(&wire, request)));
        let clock = Some(self.clock.clone());
        let secret = Secret { name: "api_token".to_owned(), value: TOKEN.to_owned() };
        let configuration = Configuration {
            settings: settings.to_owned(),
            secrets: vec![secret],
            checkpoint: checkpoint.map(str::to_owned),
        };
        let plugin = Arc::clone(&self.plugin);
        let configured = self.runtime.block_on(async {
            let mut source = Source::start(&plugin, egress, Limits::default(), clock).await?;
            source.configure(&configuration).await.map(|()| source)
        });
        configured.map(|source| self.source = Some(source)).map_err(words)
    }

    fn read_batch(&mut self, records_max: u32, now_ms: i64, answer: Option<Answer>) -> Outcome {
        self.clock.set(now_ms.try_into().unwrap());
        self.expect(answer);
        let source = self.source.as_mut().unwrap();
        let batch = self.runtime.block_on(source.read_batch(records_max));
        let mut outcome = Outcome { requests: self.asked(), ..Outcome::default() };
        match batch {
            Ok(batch) => fill(&mut outcome, batch),
            Err(error) => outcome.error = Some(words(error)),
        }
        outcome
    }

    fn check(&mut self, now_ms: i64, answers: Vec<Answer>) -> Outcome {
        self.clock.set(now_ms.try_into().unwrap());
        self.expect(answers);
        let report = self.runtime.block_on(self.source.as_mut().unwrap().check());
        let findings = report.map(|report| report.into_iter().map(line).collect());
        Outcome {
            requests: self.asked(),
            findings: findings.map_err(words).unwrap(),
            ..Outcome::default()
        }
    }

    fn checkpoint(&mut self) -> String {
        self.runtime.block_on(self.source.as_mut().unwrap().checkpoint()).map_err(words).unwrap()
    }
}

#[test]
fn every_fixture_plays_through_the_component() {
    let engine = host_test::guest::engine::engine().unwrap();
    let plugin = Arc::new(Plugin::load(&engine, None).unwrap());
    let runtime = Arc::new(Runtime::new().unwrap());
    kit::fixtures::play_all(|| {
        Box::new(Wasm {
            runtime: Arc::clone(&runtime),
            plugin: Arc::clone(&plugin),
            clock: Clock::default(),
            wire: Arc::default(),
            source: None,
        })
    });
}
