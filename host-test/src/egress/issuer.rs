//! Sends requests for tokens to the server that issues them.
#![allow(clippy::disallowed_methods, reason = "compares the clock with the issuer's")]

use crate::credential::order::{FAILURE_LASTS, Grant, Order, RESPONSE_BYTES_MAX, Trouble};
use crate::egress::origin::Origin;
use crate::egress::outbound::Outbound;
use crate::egress::transport::Transport;
use crate::egress::waits::Waits;
use crate::exit::Failure;
use crate::limits::Limits;
use bytes::Bytes;
use http::{Request, header};
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use std::error::Error;
use std::time::{Duration, SystemTime};
use wasmtime_wasi_http::Error as HttpError;

/// The time limit of each step of a request that the host makes itself.
const WAIT: Duration = Duration::from_secs(20);

/// The time limits of a request that the host makes itself.
pub(crate) const WAITS: Waits = Waits { connect: WAIT, first_byte: WAIT, between_bytes: WAIT };

/// Requests a token, on a connection of its own: the guest cannot reach the issuer through it.
///
/// # Errors
///
/// Returns why no token was issued, and what to do.
pub(crate) async fn ask(
    order: &Order,
    outbound: &Outbound,
    limits: &Limits,
) -> Result<Grant, Trouble> {
    let passing = |why: String| Trouble::Transient(order.unanswered(&why), FAILURE_LASTS);
    let request = Request::post(&order.url)
        .header(header::CONTENT_TYPE, order.content_type)
        .header(header::ACCEPT, "application/json")
        .body(Bytes::from(order.body.clone()))
        .map_err(|error| Trouble::Refused(order.unanswered(&error.to_string())))?;
    let origin = Origin::parse(&order.url)
        .map_err(|why| Trouble::Refused(order.unanswered(&format!("its URL {why}"))))?;
    let transport =
        Transport::new(vec![origin], outbound, limits).map_err(|failure| match failure {
            Failure::Failed(why) => passing(why),
            failure => Trouble::Denied(order.unanswered(&failure.to_string())),
        })?;
    let response = transport.send(request, WAITS).await.map_err(|(code, cause)| match code {
        HttpError::DestinationIpProhibited => {
            Trouble::Denied(order.unanswered(&cause.unwrap_or_default()))
        }
        code => passing(cause.unwrap_or(code.to_string())),
    })?;
    let here = SystemTime::now();
    let (head, body) = response.into_parts();
    let body = whole(body, RESPONSE_BYTES_MAX).await.map_err(|why| passing(why.to_owned()))?;
    order.outcome(head.status, &head.headers, &body, here)
}

/// Reads a whole body of at most `bytes_max` bytes.
///
/// # Errors
///
/// Returns a message if it is incomplete, too slow or too large.
pub(crate) async fn whole<B>(body: B, bytes_max: usize) -> Result<Bytes, &'static str>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    match tokio::time::timeout(WAIT, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        _ => Err("the response was cut off, too slow or too large"),
    }
}
