//! Sends events to a collector: newline-delimited JSON by POST, acknowledged by a 2xx status.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use http_body_util::Full;
use spin_sdk::http::{HeaderValue, Uri, send};
use spin_sdk::time::sleep;

use crate::tenant::Address;
use source_driver::SinkError;

/// How long a collector may take to acknowledge one request.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A collector.
pub struct Sink {
    url: Uri,
    /// The variable that holds the address.
    named: String,
    authorization: Option<HeaderValue>,
}

impl Sink {
    /// Returns a collector at this address.
    ///
    /// # Errors
    ///
    /// Returns which variable is wrong, without its value.
    pub fn new(address: &Address) -> Result<Self, String> {
        let named = &address.named;
        let is_right = |url: &Uri| {
            let is_plain =
                url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
            matches!(url.scheme_str(), Some("http" | "https")) && is_plain
        };
        let url = address.url.trim().parse().ok().filter(is_right).ok_or_else(|| {
            format!(
                "variable {named} is not a valid address; write it like https://collector.example/events, \
                 without user name and password"
            )
        })?;
        let authorization = match address.authorization.trim() {
            "" => None,
            value => {
                let mut value = HeaderValue::from_str(value).map_err(|_| {
                    format!(
                        "the sink_authorization that belongs to variable {named} is not a valid header value; \
                         write it like Bearer TOKEN"
                    )
                })?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        Ok(Self { url, named: named.clone(), authorization })
    }

    /// Sends a body of lines, and succeeds if it was acknowledged.
    ///
    /// # Errors
    ///
    /// Returns what the collector answered, or why it was not reached.
    pub async fn send(&self, body: String) -> Result<(), SinkError> {
        match select(pin!(self.post(body)), pin!(sleep(TIMEOUT))).await {
            Either::Left((done, _)) => done,
            Either::Right(_) => {
                let seconds = TIMEOUT.as_secs();
                let why =
                    format!("the collector did not acknowledge the events within {seconds} s");
                Err(SinkError::Failed(why))
            }
        }
    }

    async fn post(&self, body: String) -> Result<(), SinkError> {
        let mut request = http::Request::post(self.url.clone())
            .header("content-type", "application/x-ndjson")
            .header("content-length", body.len());
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let request = request.body(Full::new(bytes::Bytes::from(body))).map_err(|_| {
            let why = "the request to the collector could not be built; \
                       check sink_url and sink_authorization";
            SinkError::Refused(why.into())
        })?;
        let named = &self.named;
        let response = send(request).await.map_err(|error| {
            SinkError::Failed(format!(
                "the collector cannot be reached ({error}); check variable {named}, and allowed_outbound_hosts in spin.toml"
            ))
        })?;
        // The body is never read: it may be endless, and says no more than the status.
        let status = response.status();
        match status.as_u16() {
            200..=299 => Ok(()),
            // Too slow, too early, too many: these are temporary, and server errors may be.
            408 | 425 | 429 | 500.. => {
                Err(SinkError::Failed(format!("the collector answered {status}")))
            }
            _ => Err(SinkError::Refused(format!(
                "the collector answered {status}; check variable {named} and the sink_authorization that belongs to it"
            ))),
        }
    }
}
