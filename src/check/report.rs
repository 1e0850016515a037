//! The report of a check, step by step: what works, what does not, and what to do.

use std::cmp::Ordering;

use crate::ask::Ask;
use crate::buildkite::answer::{Answer, Page, Refusal, Stage, What};
use crate::buildkite::quota::{Quota, Scope};
use crate::check::step;
use crate::settings::Config;
use crate::sync::recover::unknown_words;
use crate::text::time::{Millis, SECOND_MS};

/// Maximum clock difference before a warning. The clock affects only what messages say about the age of events.
const CLOCK_MS_MAX: i64 = 60 * SECOND_MS;
/// Share of a bucket, in percent, below which the company's other tools are about to exhaust it.
const POINTS_PERCENT_MIN: i64 = 10;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is as it should be.
    Passed,
    /// It works, but the operator should take a look.
    Warned,
    /// It does not work.
    Failed,
    /// It was not tried, because an earlier step failed.
    Skipped,
}

/// One step of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was checked.
    pub step: &'static str,
    /// How the step ended.
    pub outcome: Outcome,
    /// What was found and, unless the step passed, what to do.
    pub message: String,
}

/// The steps that an answer decides, in order.
const STAGES: [(Stage, &str); 8] = [
    (Stage::Endpoint, step::ENDPOINT),
    (Stage::Tls, step::TLS),
    (Stage::Token, step::TOKEN),
    (Stage::GraphQl, step::GRAPHQL),
    (Stage::Types, step::TYPES),
    (Stage::Organization, step::ORGANIZATION),
    (Stage::Permission, step::PERMISSION),
    (Stage::Answer, step::ANSWER),
];

/// The steps that only a good answer makes possible.
const DETAILS: [&str; 3] = [step::NEWEST, step::CLOCK, step::POINTS];

fn finding(step: &'static str, outcome: Outcome, message: String) -> Finding {
    Finding { step, outcome, message }
}

/// Returns the finding about the unknown types that were left out. If every type was left out, it names the first two.
fn unknown(config: &Config, ask: &Ask) -> Finding {
    let is_all = ask.without.len() >= config.event_types.len();
    let named = ask.without.get(..2).filter(|_| is_all).unwrap_or(&ask.without);
    let why = unknown_words(named);
    let rest = match is_all {
        true => "; it may refuse others too; those that it knows are read",
        false => "; the other types are read",
    };
    finding(step::TYPES, Outcome::Warned, [&why, rest].concat())
}

/// A page with the rest of its answer, or the stage at which the check failed and why.
type Seen = Result<(Page, Quota, Option<Millis>), (Stage, String)>;

/// Separates a page from anything else that an answer may mean.
fn seen(ask: &Ask, answer: Result<Answer, Refusal>) -> Seen {
    let Answer { what, quota, sent_at } =
        answer.map_err(|refusal| (refusal.stage, refusal.error.text()))?;
    Err(match what {
        What::Page(page) => return Ok((page, quota, sent_at)),
        What::Later(later) => {
            let seconds = later.wait_ms / SECOND_MS;
            let why =
                format!("the rate limit is exhausted (HTTP 429); try again in {seconds} seconds");
            (Stage::Answer, why)
        }
        What::Smaller(error) => (Stage::Answer, error.text()),
        What::BadCursor(quote) => (Stage::Answer, quote),
        What::UnknownTypes(names) => {
            (Stage::Types, unknown_words(&[ask.without.clone(), names].concat()))
        }
    })
}

/// Reports the last answer of a check step by step.
pub fn report(
    config: &Config,
    ask: &Ask,
    answer: Result<Answer, Refusal>,
    now: Millis,
) -> Vec<Finding> {
    let seen = seen(ask, answer);
    let failed = seen.as_ref().err().map(|(stage, _)| *stage);
    let message = seen.as_ref().err().map_or("", |(_, why)| why);
    let organization = ["organization ", &config.org_slug].concat();
    let mut findings = vec![finding(step::SETTINGS, Outcome::Passed, organization)];
    for (stage, step) in STAGES {
        findings.push(match failed.map(|failed| stage.cmp(&failed)) {
            None | Some(Ordering::Less) if stage == Stage::Types && !ask.without.is_empty() => {
                unknown(config, ask)
            }
            Some(_)
                if failed == Some(Stage::Answer)
                    && (Stage::Token..Stage::Answer).contains(&stage) =>
            {
                finding(step, Outcome::Skipped, "the answer does not say".into())
            }
            None | Some(Ordering::Less) => finding(step, Outcome::Passed, passed(config, stage)),
            Some(Ordering::Equal) => finding(step, Outcome::Failed, message.to_owned()),
            Some(Ordering::Greater) => skipped(step),
        });
    }
    findings.extend(match seen {
        Ok((page, quota, sent_at)) => {
            [newest(config, &page, now), clock(sent_at, now), points(&quota)]
        }
        Err(_) => DETAILS.map(skipped),
    });
    findings
}

fn skipped(step: &'static str) -> Finding {
    finding(step, Outcome::Skipped, "an earlier step failed".into())
}

fn passed(config: &Config, stage: Stage) -> String {
    match stage {
        Stage::Endpoint => config.endpoint.origin(),
        Stage::Tls if !config.endpoint.tls => "not used: the endpoint is on loopback".into(),
        Stage::Organization => config.org_slug.clone(),
        Stage::Types if config.event_types.is_empty() => "all".into(),
        _ => "yes".into(),
    }
}

fn newest(config: &Config, page: &Page, now: Millis) -> Finding {
    let (outcome, message) = match page.rows.first() {
        Some(Ok(row)) => {
            let kind = config.token.quote(&row.kind);
            match row.at {
                Some(at) => {
                    let minutes = (now.since(at) / SECOND_MS / 60).max(0);
                    (Outcome::Passed, format!("{kind} at {at}, {minutes} minutes ago"))
                }
                None => (Outcome::Warned, format!("{kind} {}: {}", row.id, row.odd.join(", "))),
            }
        }
        None => {
            (Outcome::Warned, "the audit log shows no event; check org_slug and event_types".into())
        }
        Some(Err(why)) => (Outcome::Warned, ["the newest event cannot be read: ", why].concat()),
    };
    finding(step::NEWEST, outcome, message)
}

fn clock(sent_at: Option<Millis>, now: Millis) -> Finding {
    let Some(server) = sent_at else {
        let message = "the answer has no usable Date; the newest event's time is used instead";
        return finding(step::CLOCK, Outcome::Warned, message.into());
    };
    let off = now.since(server);
    let seconds = off / SECOND_MS;
    match off.abs() <= CLOCK_MS_MAX {
        true => finding(step::CLOCK, Outcome::Passed, format!("{seconds} s off the server's")),
        false => finding(
            step::CLOCK,
            Outcome::Warned,
            format!("this host's clock is {seconds} s off the server's; set it (no event is lost)"),
        ),
    }
}

fn points(quota: &Quota) -> Finding {
    let (mut message, mut is_low) = (String::new(), false);
    for (name, bucket) in ["organization", "user"].into_iter().zip(quota.readings()) {
        let limit = bucket.limit.filter(|limit| *limit > 0);
        let (Some(limit), Some(left)) = (limit, bucket.remaining) else { continue };
        let reset = bucket.reset.map_or("?".into(), |reset| reset.to_string());
        if !message.is_empty() {
            message.push_str("; ");
        }
        let what = if quota.scope == Some(Scope::Portal) { " requests" } else { "" };
        message.push_str(&format!("{name} {left} of {limit}{what}, reset in {reset} s"));
        is_low |= left.saturating_mul(100) < limit.saturating_mul(POINTS_PERCENT_MIN);
    }
    if message.is_empty() {
        return finding(step::POINTS, Outcome::Warned, "the answer does not say".into());
    }
    if is_low {
        message.push_str("; other tools use them up, so reading will be slow");
    }
    finding(step::POINTS, if is_low { Outcome::Warned } else { Outcome::Passed }, message)
}
