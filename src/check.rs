//! One small look at the remote, told step by step: what works, what does not, and what to do.

use crate::answer::{Answer, Page, Stage, answer};
use crate::budget::{header, number};
use crate::plan::Ask;
use crate::response::Exchange;
use crate::settings::Config;
use crate::time::{Millis, SECOND_MS};

/// A clock that is further off is worth a warning; nothing depends on it but the words about how old events are.
const CLOCK_MS_MAX: i64 = 60 * SECOND_MS;
/// Below this share of a bucket, in percent, the company's other tools are about to be in the way.
const POINTS_PERCENT_MIN: i64 = 10;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// It works, but somebody should look.
    Warned,
    /// It does not work.
    Failed,
    /// Not tried, because an earlier step failed.
    Skipped,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub step: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What was seen and, unless it passed, what to do.
    pub message: String,
}

/// The steps that an answer decides, in order.
const STAGES: [(Stage, &str); 6] = [
    (Stage::Endpoint, "endpoint reachable"),
    (Stage::Token, "token accepted"),
    (Stage::GraphQl, "token has GraphQL access"),
    (Stage::Organization, "organization visible"),
    (Stage::Permission, "audit log permitted"),
    (Stage::Answer, "answer understood"),
];

/// The steps that a good answer allows to look at.
const DETAILS: [&str; 3] = ["newest event", "clock", "points left"];

fn finding(step: &'static str, outcome: Outcome, message: impl Into<String>) -> Finding {
    Finding { step, outcome, message: message.into() }
}

/// Reads the one exchange of a check.
pub fn report(config: &Config, ask: &Ask, exchange: Exchange, now: Millis) -> Vec<Finding> {
    let headers = exchange.as_ref().map(|response| response.headers.clone()).unwrap_or_default();
    let mut findings =
        vec![finding("settings", Outcome::Passed, format!("organization {}", config.org_slug))];
    let (failed, message) = match answer(config, ask, exchange, now) {
        Ok(Answer::Page(page)) => {
            findings.extend(
                STAGES.map(|(_, step)| finding(step, Outcome::Passed, passed(config, step))),
            );
            findings.extend([newest(&page, now), clock(&page, now), points(&headers)]);
            return findings;
        }
        Ok(Answer::Later(wait_ms)) => {
            let seconds = wait_ms / SECOND_MS;
            (
                Stage::Answer,
                format!("the rate limit is exhausted (HTTP 429); try again in {seconds} seconds"),
            )
        }
        Ok(Answer::Smaller(error)) => (Stage::Answer, error.to_string()),
        Ok(Answer::BadCursor(said)) => (Stage::Answer, said),
        Err(refusal) => (refusal.stage, refusal.error.to_string()),
    };
    for (stage, step) in STAGES {
        findings.push(match stage.cmp(&failed) {
            std::cmp::Ordering::Less => finding(step, Outcome::Passed, passed(config, step)),
            std::cmp::Ordering::Equal => finding(step, Outcome::Failed, message.clone()),
            std::cmp::Ordering::Greater => {
                finding(step, Outcome::Skipped, "an earlier step failed")
            }
        });
    }
    findings.extend(DETAILS.map(|step| finding(step, Outcome::Skipped, "an earlier step failed")));
    findings
}

fn passed(config: &Config, step: &str) -> String {
    match step {
        "endpoint reachable" => config.endpoint.origin(),
        "organization visible" => config.org_slug.clone(),
        _ => "yes".into(),
    }
}

fn newest(page: &Page, now: Millis) -> Finding {
    match page.rows.iter().flatten().next() {
        Some(row) => {
            let minutes = (now.since(row.at) / SECOND_MS / 60).max(0);
            finding(
                DETAILS[0],
                Outcome::Passed,
                format!("{} at {}, {minutes} minutes ago", row.kind, row.at),
            )
        }
        None if page.rows.is_empty() => finding(
            DETAILS[0],
            Outcome::Warned,
            "the audit log shows no event; check org_slug and event_types",
        ),
        None => {
            finding(DETAILS[0], Outcome::Warned, "Buildkite could not show the newest event (null)")
        }
    }
}

fn clock(page: &Page, now: Millis) -> Finding {
    let Some(server) = page.sent_at else {
        let message = "the answer has no usable Date; the newest event's time is used in its place";
        return finding(DETAILS[1], Outcome::Warned, message);
    };
    let off = now.since(server);
    let seconds = off / SECOND_MS;
    match off.abs() <= CLOCK_MS_MAX {
        true => finding(DETAILS[1], Outcome::Passed, format!("{seconds} s from the server's")),
        false => finding(
            DETAILS[1],
            Outcome::Warned,
            format!(
                "this host is {seconds} s ahead of the server; set its clock (no event is lost by it)"
            ),
        ),
    }
}

fn points(headers: &[(String, String)]) -> Finding {
    let bucket = |name: &str, prefix: &str| {
        let left = number(headers, &format!("{prefix}-remaining"))?;
        let limit = number(headers, &format!("{prefix}-limit")).filter(|limit| *limit > 0)?;
        let reset = header(headers, &format!("{prefix}-reset")).unwrap_or("?");
        let is_low = left.saturating_mul(100) < limit.saturating_mul(POINTS_PERCENT_MIN);
        Some((format!("{name} {left} of {limit}, reset in {reset} s"), is_low))
    };
    let buckets = [bucket("organization", "ratelimit"), bucket("user", "ratelimit-user")];
    let seen: Vec<(String, bool)> = buckets.into_iter().flatten().collect();
    let message = seen.iter().map(|(words, _)| words.as_str()).collect::<Vec<_>>().join("; ");
    if seen.is_empty() {
        finding(DETAILS[2], Outcome::Warned, "the answer does not say")
    } else if seen.iter().any(|(_, is_low)| *is_low) {
        finding(
            DETAILS[2],
            Outcome::Warned,
            format!("{message}; other tools use them up, so reading will be slow"),
        )
    } else {
        finding(DETAILS[2], Outcome::Passed, message)
    }
}
