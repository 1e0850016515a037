//! Plays the fixtures natively.

use buildkite_audit_logs::buildkite::query::Request;
use buildkite_audit_logs::buildkite::response::{Exchange, Failure, Response};
use buildkite_audit_logs::check::Outcome as Ended;
use buildkite_audit_logs::error::Error;
use buildkite_audit_logs::settings::Config;
use buildkite_audit_logs::source::{Batch, Checked, Next, Source, Turn};
use buildkite_audit_logs::text::time::Millis;
use kit::configure;
use kit::script::{Answer, Outcome, Player, show_next, show_request};

#[derive(Default)]
struct Native(Option<Source>);

impl Native {
    fn source(&mut self) -> &mut Source {
        self.0.as_mut().expect("configured")
    }
}

/// Maximum number of requests of one check: each names fewer types than the one before, and the third names none.
const CHECK_REQUESTS_MAX: usize = 3;

fn exchange(answer: Option<Answer>) -> Exchange {
    match answer.expect("a request was made, but the fixture has no answer to it") {
        Answer::Response { status, headers, body } => {
            Ok(Response { status, headers, body: body.into_bytes(), elapsed_ms: 0 })
        }
        Answer::Cut(_) => Err(Failure::Network("the answer ended early".into())),
        Answer::Flood => Err(Failure::TooLarge),
        Answer::Refused => Err(Failure::Network("the connection was refused".into())),
    }
}

fn shown(config: &Config, request: &Request) -> String {
    let endpoint = &config.endpoint;
    show_request("POST", &format!("{}{}", endpoint.origin(), endpoint.path), &request.body)
}

fn words(error: Error) -> String {
    match error {
        Error::InvalidConfig(faults) => faults
            .into_iter()
            .map(|fault| format!("invalid-config {}: {}", fault.field, fault.message))
            .collect::<Vec<_>>()
            .join("\n"),
        Error::Unauthorized(why) => format!("unauthorized: {why}"),
        Error::InvalidCheckpoint(why) => format!("invalid-checkpoint: {why}"),
        Error::Transient(why) => format!("transient: {why}"),
        Error::Protocol(why) => format!("protocol error: {why}"),
    }
}

fn fill(outcome: &mut Outcome, batch: Batch) {
    outcome.records = batch.rows.into_iter().map(|row| row.payload).collect();
    let stats = batch.stats;
    let next = match batch.next {
        Next::Ready => ("ready", None),
        Next::Idle(wait_ms) => ("idle", Some(wait_ms)),
        Next::Throttled(wait_ms) => ("throttled", Some(wait_ms)),
    };
    let figures = [stats.requests, stats.points, stats.repeats, stats.excluded, stats.null_nodes];
    outcome.next = show_next(next, figures, stats.notes);
}

impl Player for Native {
    fn configure(
        &mut self,
        settings: &str,
        checkpoint: Option<&str>,
        now_ms: i64,
    ) -> Result<(), String> {
        self.0 = None;
        let source = configure(settings, checkpoint, Millis::new(now_ms));
        source.map(|source| self.0 = Some(source)).map_err(words)
    }

    fn read_batch(&mut self, records_max: u32, now_ms: i64, answer: Option<Answer>) -> Outcome {
        let (source, now) = (self.source(), Millis::new(now_ms));
        let mut outcome = Outcome::default();
        let batch = match source.read_batch(records_max, now) {
            Turn::Done(batch) => Ok(batch),
            Turn::Send(call) => {
                outcome.requests.push(shown(call.source().config(), call.request()));
                call.receive(exchange(answer), now)
            }
        };
        match batch {
            Ok(batch) => fill(&mut outcome, batch),
            Err(error) => outcome.error = Some(words(error)),
        }
        outcome
    }

    fn check(&mut self, now_ms: i64, answers: Vec<Answer>) -> Outcome {
        let source = self.source();
        let mut probe = source.check();
        let (mut requests, mut answers) = (Vec::new(), answers.into_iter());
        let report = loop {
            requests.push(shown(probe.config(), probe.request()));
            assert!(requests.len() <= CHECK_REQUESTS_MAX, "the check does not end");
            match probe.receive(exchange(answers.next()), Millis::new(now_ms)) {
                Checked::Report(report) => break report,
                Checked::Again(next) => probe = next,
            }
        };
        let line = |finding: buildkite_audit_logs::check::Finding| {
            let outcome = match finding.outcome {
                Ended::Passed => "passed",
                Ended::Warned => "warned",
                Ended::Failed => "failed",
                Ended::Skipped => "skipped",
            };
            format!("{outcome} {}: {}", finding.step, finding.message)
        };
        Outcome { requests, findings: report.into_iter().map(line).collect(), ..Outcome::default() }
    }

    fn checkpoint(&mut self) -> String {
        self.source().checkpoint()
    }
}

#[test]
fn every_fixture_plays_natively() {
    kit::fixtures::play_all(|| Box::new(Native::default()));
}
