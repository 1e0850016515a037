//! Answers that cannot be used: how far the request got, and who must act on what.

use crate::buildkite::envelope;
use crate::buildkite::response::Response;
use crate::error::{Error, FieldError};
use crate::settings::Config;
use crate::text::json::Members;

/// How far a request got. `check` has one step per stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Reaching the endpoint.
    Endpoint,
    /// Establishing TLS with it.
    Tls,
    /// Having the token accepted.
    Token,
    /// Having GraphQL access with the token.
    GraphQl,
    /// Having the event types recognized, before anything is looked up.
    Types,
    /// Seeing the organization.
    Organization,
    /// Having the permission to see audit events.
    Permission,
    /// Understanding the answer.
    Answer,
}

/// An answer that cannot be used, and the stage at which it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stage at which the request failed.
    pub stage: Stage,
    /// Who must act, and on what.
    pub error: Error,
}

/// Returns a refusal.
pub fn at(stage: Stage, error: Error) -> Refusal {
    Refusal { stage, error }
}

/// Returns the error for a request that the host does not let out.
pub fn denied(config: &Config, why: &str) -> Error {
    let origin = config.endpoint.origin();
    Error::InvalidConfig(vec![FieldError::new(
        "endpoint",
        format!(
            "the host does not allow requests to {origin} ({why}); change the endpoint, or what the host allows"
        ),
    )])
}

/// Returns the refusal for any status except 200, 429 and 504.
pub fn refused(config: &Config, status: u16, response: &Response) -> Refusal {
    let quote = quoted_message(config, response);
    let status = u32::from(status);
    let portal = config.endpoint.portal();
    match status {
        401 => at(
            Stage::Token,
            Error::Unauthorized(format!(
                "the token was refused (HTTP 401{quote}); it may be wrong, revoked or expired: create a new one {}, and \
                 choose its expiry",
                match portal {
                    Some(_) => "for this portal",
                    None => "under Personal Settings, API Access Tokens",
                }
            )),
        ),
        403 => at(
            Stage::GraphQl,
            Error::Unauthorized(format!(
                "the token may not do this (HTTP 403{quote}); {}, and check that its allowed IP addresses include this host",
                match portal {
                    Some(_) => "check that it belongs to this portal",
                    None => "tick \"Enable GraphQL API access\" for it",
                }
            )),
        ),
        404 if portal.is_some() => at(
            Stage::GraphQl,
            Error::Protocol(format!(
                "HTTP 404{quote}; there is no such portal: check the endpoint"
            )),
        ),
        408 | 500..=599 => at(Stage::Endpoint, Error::Transient(format!("HTTP {status}{quote}"))),
        300..=399 => at(
            Stage::Endpoint,
            Error::Protocol(format!(
                "HTTP {status}: a redirect, which is not followed; check the endpoint"
            )),
        ),
        _ => at(
            Stage::Endpoint,
            Error::Protocol(format!("HTTP {status}{quote}; check the endpoint")),
        ),
    }
}

/// Returns the remote's message in an error body as `: "message"`, or an empty string.
pub fn quoted_message(config: &Config, response: &Response) -> String {
    let text = std::str::from_utf8(&response.body).unwrap_or_default();
    let message = Members::parse(text).and_then(|mut body| {
        let first = |raw| envelope::failures(raw).into_iter().next().map(|failure| failure.message);
        body.text("message").or_else(|| body.take("errors").and_then(first))
    });
    message.map_or(String::new(), |message| [": \"", &config.token.quote(&message), "\""].concat())
}
