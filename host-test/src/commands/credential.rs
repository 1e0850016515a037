//! The step of `check` about the credential: when it expires, and how it is renewed.

use crate::config::file::Config;
use crate::credential::held::Credential;
use crate::credential::order::{self, RESPONSE_BYTES_MAX};
use crate::credential::token::Token;
use crate::egress::issuer::{WAITS, whole};
use crate::egress::network::Network;
use crate::egress::origin::Origin;
use crate::egress::outbound::Outbound;
use crate::guest::contract::{Finding, Outcome};
use bytes::Bytes;
use http::Request;
use serde_json::Value;
use source_token::one_line;
use std::time::{Duration, Instant, SystemTime};

/// The origin of Buildkite's REST API.
pub(crate) const REST: &str = "https://api.buildkite.com";

/// The name of the step.
const STEP: &str = "credential";

/// A token that expires within this time is a warning.
const SOON: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// Maximum number of scopes that are shown. Buildkite has about forty.
const SCOPES_MAX: usize = 50;

/// Maximum number of characters of a scope that are shown.
const SCOPE_CHARS_MAX: usize = 40;

/// Returns the finding. `inspect` is the origin of the REST API that may be asked about a plain token.
pub(crate) async fn finding(
    config: &Config,
    inspect: Option<&Origin>,
    outbound: &Outbound,
) -> Finding {
    let Some(credential) = &config.credential else {
        return new(Outcome::Skipped, "the config has no api_token".to_owned());
    };
    let name = credential.method().name();
    if credential.method().mints() {
        return match credential.left(Instant::now()).await {
            Some(seconds) => new(
                Outcome::Passed,
                format!("{name}; it expires in {} and is renewed before then", span(seconds)),
            ),
            None => new(
                Outcome::Skipped,
                "no token could be requested; the step that failed says why".to_owned(),
            ),
        };
    }
    if credential.plain_token().is_none() {
        return new(Outcome::Passed, name.to_owned());
    }
    let Some(origin) = inspect else {
        let more = format!("add --inspect-token to ask {REST} when it expires");
        return new(Outcome::Skipped, format!("{name}; {more}"));
    };
    match ask(origin, credential, config, outbound).await {
        Ok(answer) => judge(name, &answer, &credential.secrets(), SystemTime::now()),
        Err(why) => {
            new(Outcome::Warned, format!("{name}; {origin} did not say when it expires: {why}"))
        }
    }
}

/// Asks the REST API about a token. Source: buildkite.com/docs/apis/rest-api/access-token.
async fn ask(
    origin: &Origin,
    credential: &Credential,
    config: &Config,
    outbound: &Outbound,
) -> Result<Value, String> {
    let credential = Some(credential.clone());
    let network = Network::through(vec![origin.clone()], credential, outbound, &config.limits)
        .map_err(|failure| failure.to_string())?;
    let request = Request::get(format!("{origin}/v2/access-token")).body(Bytes::new());
    let request = request.map_err(|error| error.to_string())?;
    let response = network.send(request, WAITS).await.map_err(|code| {
        let mut why = code.to_string();
        network.take_cause().iter().for_each(|cause| cause.explain(&mut why));
        why
    })?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("it answered HTTP {}", status.as_u16()));
    }
    let body = whole(response.into_body(), RESPONSE_BYTES_MAX).await?;
    Ok(serde_json::from_slice(&body).unwrap_or_default())
}

/// Returns the finding for an answer of the REST API.
fn judge(name: &str, answer: &Value, secrets: &[Token], now: SystemTime) -> Finding {
    let scope = |scope: &Value| {
        let scope = one_line(scope.as_str()?, SCOPE_CHARS_MAX);
        // A server may say anything, even the token.
        secrets.iter().all(|secret| secret.hidden_in(&scope).is_none()).then_some(scope)
    };
    let scopes = answer["scopes"].as_array().into_iter().flatten();
    let scopes: Vec<String> = scopes.take(SCOPES_MAX).filter_map(scope).collect();
    let scopes = match scopes.is_empty() {
        true => String::new(),
        false => format!("; its scopes: {}", scopes.join(", ")),
    };
    let end = answer["expires_at"].as_str().and_then(order::end);
    match end.map(|end| end.duration_since(now).unwrap_or_default()) {
        None => new(Outcome::Passed, format!("{name}; Buildkite reports no expiry{scopes}")),
        Some(left) => {
            let left_text = span(left.as_secs());
            let (outcome, remedy) = match left <= SOON {
                true => (Outcome::Warned, ": create a new one, or use one that is renewed"),
                false => (Outcome::Passed, ""),
            };
            new(outcome, format!("{name}; it expires in {left_text}{remedy}{scopes}"))
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
    fn a_token_that_expires_within_two_days_is_a_warning() {
        let now = order::end("2026-01-01T00:00:00Z").unwrap();
        for (end, outcome, words) in [
            (
                json!("2026-01-02T23:00:00Z"),
                Outcome::Warned,
                "it expires in 47 h: create a new one",
            ),
            (json!("2025-01-01T00:00:00Z"), Outcome::Warned, "it expires in 0 s"),
            (
                json!("2026-03-01T00:00:00Z"),
                Outcome::Passed,
                "it expires in 59 days; its scopes: a",
            ),
            (json!(null), Outcome::Passed, "Buildkite reports no expiry"),
        ] {
            let secret = "bkpt_0123456789abcdef";
            let answer = json!({"scopes": ["a", "x\n", secret], "expires_at": end});
            let secrets = [Token::new(secret).unwrap()];
            let finding = judge("a token", &answer, &secrets, now);
            assert_eq!(word(finding.outcome), word(outcome));
            assert!(finding.message.contains(words), "{}", finding.message);
            assert!(!finding.message.contains('\n') && !finding.message.contains(secret));
        }
    }

    fn word(outcome: Outcome) -> String {
        format!("{outcome:?}")
    }
}
