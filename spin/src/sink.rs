//! Events to a collector: newline-delimited JSON by POST, acknowledged by a status of 2xx.

use std::time::Duration;

use futures::future::{Either, select};
use http_body_util::Full;
use spin_sdk::http::body::IncomingBodyExt;
use spin_sdk::http::{HeaderValue, Uri, send};
use spin_sdk::time::sleep;

use crate::lines::chunks;
use source_driver::Event;

/// How long a collector may take to acknowledge one request.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A collector.
pub struct Sink {
    url: Uri,
    authorization: Option<HeaderValue>,
}

impl Sink {
    /// A collector at this address.
    ///
    /// # Errors
    ///
    /// Which variable is wrong, without its value.
    pub fn new(url: &str, authorization: &str) -> Result<Self, String> {
        let url: Uri = url
            .trim()
            .parse()
            .ok()
            .filter(|url: &Uri| matches!(url.scheme_str(), Some("http" | "https")))
            .ok_or("variable sink_url: it is no http or https address")?;
        let authorization = match authorization.trim() {
            "" => None,
            value => {
                let mut value = HeaderValue::from_str(value)
                    .map_err(|_| "variable sink_authorization: it cannot be a header's value")?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        Ok(Self { url, authorization })
    }

    /// Sends events; succeeds when all were acknowledged.
    ///
    /// # Errors
    ///
    /// What the collector answered. Events before that may have been taken: they come again, with the same `uuid`.
    pub async fn send(&self, events: &[Event]) -> Result<(), String> {
        for chunk in chunks(events) {
            let sent = std::pin::pin!(self.post(chunk));
            let timer = std::pin::pin!(sleep(TIMEOUT));
            match select(sent, timer).await {
                Either::Left((done, _)) => done?,
                Either::Right(_) => {
                    let seconds = TIMEOUT.as_secs();
                    return Err(format!("the collector did not acknowledge within {seconds} s"));
                }
            }
        }
        Ok(())
    }

    async fn post(&self, body: String) -> Result<(), String> {
        let mut request = http::Request::post(self.url.clone())
            .header("content-type", "application/x-ndjson")
            .header("content-length", body.len());
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let request = request
            .body(Full::new(bytes::Bytes::from(body)))
            .map_err(|_| "the request to the collector cannot be made")?;
        let response = send(request).await.map_err(|error| {
            format!(
                "the collector cannot be reached ({error}); see sink_url, and allowed_outbound_hosts in spin.toml"
            )
        })?;
        let status = response.status();
        // Read to its end, so that the connection can be used again; what it says is not believed more than its status.
        let _ = response.into_body().bytes().await;
        match status.is_success() {
            true => Ok(()),
            false => Err(format!("the collector answered {status}")),
        }
    }
}
