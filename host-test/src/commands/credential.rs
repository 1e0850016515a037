//! The step of `check` about the credential: when it ends, and how it is renewed.

use crate::config::file::Config;
use crate::credential::held::Credential;
use crate::credential::order;
use crate::egress::named;
use crate::egress::network::Network;
use crate::egress::outbound::Outbound;
use crate::egress::waits::Waits;
use crate::exit::Result;
use crate::guest::contract::{Finding, Outcome};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Limited};
use serde_json::Value;
use std::time::{Duration, Instant, SystemTime};

/// The origin of Buildkite's REST API.
pub(crate) const REST: &str = "https://api.buildkite.com";

/// The name of the step.
const STEP: &str = "credential";

/// A token that ends within this time is a warning.
const SOON: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// The time limit of each step of the request.
const WAIT: Duration = Duration::from_secs(20);

/// Maximum size of the answer, in bytes. It takes less than a kilobyte.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Returns the finding. `inspect` is the origin of the REST API that may be asked about a plain token.
///
/// # Errors
///
/// Returns an error if that origin is not valid or cannot be reached through the operator's network.
pub(crate) async fn finding(
    config: &Config,
    inspect: Option<&str>,
    outbound: &Outbound,
) -> Result<Finding> {
    let Some(credential) = &config.credential else {
        return Ok(new(Outcome::Skipped, "the config has no api_token".to_owned()));
    };
    let (how, left) = credential.renewal(Instant::now()).await;
    if credential.mints() {
        return Ok(match left {
            Some(seconds) => new(Outcome::Passed, format!("{how}: in {}", span(seconds))),
            None => new(Outcome::Skipped, "an earlier step failed".to_owned()),
        });
    }
    if credential.stored().is_none() {
        return Ok(new(Outcome::Passed, how.to_owned()));
    }
    match inspect {
        None => Ok(new(
            Outcome::Skipped,
            format!("{how}; add --inspect-token to ask {REST} when it ends"),
        )),
        Some(origin) => inspected(origin, how, credential, config, outbound).await,
    }
}

/// Asks the REST API about a token. Source: buildkite.com/docs/apis/rest-api/access-token.
async fn inspected(
    origin: &str,
    how: &str,
    credential: &Credential,
    config: &Config,
    outbound: &Outbound,
) -> Result<Finding> {
    let origin = named::origin("--inspect-token", origin)?;
    let credential = Some(credential.clone());
    let network = Network::through(vec![origin.clone()], credential, outbound, &config.limits)?;
    let failed = |why: String| {
        Ok(new(Outcome::Warned, format!("{how}; {origin} did not say when it ends: {why}")))
    };
    let request = Request::get(format!("{origin}/v2/access-token")).body(Bytes::new());
    let Ok(request) = request else { return failed("the URL is not valid".to_owned()) };
    let waits = Waits { connect: WAIT, first_byte: WAIT, between_bytes: WAIT };
    let response = match network.send(request, waits).await {
        Ok(response) => response,
        Err(code) => {
            let mut why = code.to_string();
            network.take_cause().iter().for_each(|cause| cause.explain(&mut why));
            return failed(why);
        }
    };
    let status = response.status();
    if !status.is_success() {
        return failed(format!("it answered HTTP {}", status.as_u16()));
    }
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect();
    let body = match tokio::time::timeout(WAIT, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        _ => return failed("its answer was cut off, too slow or too large".to_owned()),
    };
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    Ok(judge(how, &answer, SystemTime::now()))
}

/// Returns the finding for an answer of the REST API.
fn judge(how: &str, answer: &Value, now: SystemTime) -> Finding {
    // The answer never contains the token, but it is shown, so only short words are taken from it.
    let words = |scope: &Value| {
        let is_word = |word: &&str| word.len() <= 40 && !word.contains(|l: char| l.is_control());
        scope.as_str().filter(is_word).map(str::to_owned)
    };
    let scopes: Vec<String> =
        answer["scopes"].as_array().into_iter().flatten().take(50).filter_map(words).collect();
    let scopes = match scopes.is_empty() {
        true => String::new(),
        false => format!("; its scopes: {}", scopes.join(", ")),
    };
    let end = answer["expires_at"].as_str().and_then(order::end);
    match end.map(|end| end.duration_since(now).unwrap_or_default()) {
        None => new(Outcome::Passed, format!("{how}; Buildkite names no end{scopes}")),
        Some(left) if left <= SOON => new(
            Outcome::Warned,
            format!(
                "{how}; it ends in {}: create a new one, or use a credential that is renewed{scopes}",
                span(left.as_secs())
            ),
        ),
        Some(left) => {
            new(Outcome::Passed, format!("{how}; it ends in {}{scopes}", span(left.as_secs())))
        }
    }
}

fn new(outcome: Outcome, message: String) -> Finding {
    Finding { step: STEP.to_owned(), outcome, message }
}

/// Returns a duration in its largest whole unit.
fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_token_that_ends_within_two_days_is_a_warning() {
        let now = order::end("2026-01-01T00:00:00Z").unwrap();
        for (end, outcome, words) in [
            (json!("2026-01-02T23:00:00Z"), Outcome::Warned, "it ends in 47 h: create a new one"),
            (json!("2025-01-01T00:00:00Z"), Outcome::Warned, "it ends in 0 s"),
            (json!("2026-03-01T00:00:00Z"), Outcome::Passed, "it ends in 59 days; its scopes: a"),
            (json!(null), Outcome::Passed, "Buildkite names no end"),
        ] {
            let answer = json!({"scopes": ["a", "x\n"], "expires_at": end});
            let finding = judge("a token", &answer, now);
            assert_eq!(word(finding.outcome), word(outcome));
            assert!(finding.message.contains(words), "{}", finding.message);
            assert!(!finding.message.contains('\n'));
        }
    }

    fn word(outcome: Outcome) -> String {
        format!("{outcome:?}")
    }
}
