//! One HTTP exchange through `wasi:http`, bounded in time and size.

use std::mem::ManuallyDrop;

use super::bindings::wasi::clocks::monotonic_clock;
use super::bindings::wasi::http::outgoing_handler::handle;
use super::bindings::wasi::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme,
};
use super::bindings::wasi::io::poll::{Pollable, poll};
use super::bindings::wasi::io::streams::{InputStream, OutputStream, StreamError};
use crate::buildkite::query::Request;
use crate::buildkite::response::{BODY_BYTES_MAX, Exchange, Failure, Response};
use crate::settings::Config;

/// Timeout for connecting, for the first byte and between two bytes: half of what common proxies allow.
const STEP_NS: u64 = 30_000_000_000;
/// Timeout for the whole exchange. A slow page of 500 events takes a few seconds.
const WHOLE_NS: u64 = 120_000_000_000;
/// Maximum capacity reserved for a body before it arrives: twice a usual page.
const ROOM_MAX: usize = 1024 * 1024;
/// Number of bytes requested in one read: large, since each read is a call to the host.
const READ_BYTES: u64 = 1024 * 1024;
const NS_PER_MS: u64 = 1_000_000;

/// Sends a request to the configured endpoint and reads the whole answer.
pub fn exchange(config: &Config, request: &Request) -> Exchange {
    let began = monotonic_clock::now();
    let deadline = monotonic_clock::subscribe_duration(WHOLE_NS);
    let response = send(config, request, &deadline)?;
    let status = response.status();
    let headers = response.headers().entries();
    let headers: Vec<(String, String)> = headers
        .into_iter()
        .filter_map(|(name, value)| Some((name, String::from_utf8(value).ok()?)))
        .collect();
    let body = response.consume().map_err(|()| network("the body was already taken"))?;
    let promised = crate::buildkite::headers::number(&headers, "content-length")
        .and_then(|length| usize::try_from(length).ok());
    let body = read(body, promised, &deadline)?;
    if promised.is_some_and(|length| length != body.len()) {
        return Err(network("the body ended early"));
    }
    let elapsed_ms = monotonic_clock::now().saturating_sub(began) / NS_PER_MS;
    Ok(Response {
        status,
        headers,
        body,
        elapsed_ms: i64::try_from(elapsed_ms).unwrap_or(i64::MAX),
    })
}

fn network(why: &str) -> Failure {
    Failure::Network(why.to_owned())
}

/// Maps an error of the host. What the host refuses is not fixed by a retry.
fn failure(code: &ErrorCode) -> Failure {
    match code {
        ErrorCode::HttpRequestDenied => Failure::Denied("the request is denied".into()),
        ErrorCode::DestinationIpProhibited => Failure::Denied("its address is prohibited".into()),
        ErrorCode::TlsProtocolError => {
            Failure::Tls("TLS failed: the endpoint may not support https".into())
        }
        ErrorCode::TlsCertificateError => {
            Failure::Tls("TLS failed: the certificate was not accepted".into())
        }
        ErrorCode::TlsAlertReceived(_) => Failure::Tls("TLS failed: the server refused".into()),
        _ => network(words(code)),
    }
}

/// Describes the common failures. The names of all 39 would take 4 kB of the component.
fn words(code: &ErrorCode) -> &'static str {
    match code {
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) => "the host name could not be resolved",
        ErrorCode::DestinationNotFound | ErrorCode::DestinationUnavailable => {
            "the host cannot be reached"
        }
        ErrorCode::DestinationIpUnroutable => "the host cannot be reached",
        ErrorCode::ConnectionRefused => "the connection was refused",
        ErrorCode::ConnectionTerminated => "the connection was closed",
        ErrorCode::ConnectionTimeout => "no connection within 30 seconds",
        ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout => {
            "no answer within 30 seconds"
        }
        ErrorCode::ConnectionWriteTimeout => "the request could not be sent in time",
        ErrorCode::HttpResponseIncomplete => "the answer ended early",
        ErrorCode::HttpResponseBodySize(_) => "the answer is larger than the host allows",
        ErrorCode::HttpProtocolError => "the answer is not HTTP",
        _ => "the exchange failed",
    }
}

fn prepare(config: &Config, request: &Request) -> Result<OutgoingRequest, Failure> {
    let fields = Fields::new();
    let set = |name: &str, value: &str| {
        fields
            .append(name, value.as_bytes())
            .map_err(|_| Failure::Denied(["the host refuses the header ", name].concat()))
    };
    request.headers.iter().try_for_each(|(name, value)| set(name, value))?;
    set("authorization", &config.token.bearer())?;
    let outgoing = OutgoingRequest::new(fields);
    let endpoint = &config.endpoint;
    let scheme = if endpoint.tls { Scheme::Https } else { Scheme::Http };
    outgoing
        .set_method(&Method::Post)
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_authority(Some(&endpoint.authority)))
        .and_then(|()| outgoing.set_path_with_query(Some(&endpoint.path)))
        .map_err(|()| Failure::Denied("the host refuses requests to this endpoint".into()))?;
    Ok(outgoing)
}

fn send(
    config: &Config,
    request: &Request,
    deadline: &Pollable,
) -> Result<IncomingResponse, Failure> {
    let outgoing = prepare(config, request)?;
    let body = outgoing.body().map_err(|()| network("the request body cannot be opened"))?;
    let options = RequestOptions::new();
    // A host without this timeout returns an error; the deadline of the exchange still holds.
    let _ = options.set_connect_timeout(Some(STEP_NS));
    let _ = options.set_first_byte_timeout(Some(STEP_NS));
    let _ = options.set_between_bytes_timeout(Some(STEP_NS));
    // Here and in `finish`, an error code's text (a few bytes, if any) is never freed: freeing it takes 2 kB of code.
    let pending = match handle(outgoing, Some(options)) {
        Ok(pending) => pending,
        Err(code) => return Err(failure(&ManuallyDrop::new(code))),
    };
    let sent = write(&body, request.body.as_bytes(), deadline);
    let finished = OutgoingBody::finish(body, None).map_err(ManuallyDrop::new).is_ok();
    // The answer to a body that was not fully sent (a refusal, for example) explains more than the failed write, and
    // may arrive later.
    loop {
        if let Some(answer) = pending.get() {
            let answer = answer.map_err(|()| network("the answer was already taken"))?;
            return answer.map_err(|code| failure(&code));
        }
        if let Err(late) = wait(&pending.subscribe(), deadline) {
            sent?;
            return Err(if finished {
                late
            } else {
                network("the request was not sent completely")
            });
        }
    }
}

/// Waits until `ready`, but not beyond the deadline.
fn wait(ready: &Pollable, deadline: &Pollable) -> Result<(), Failure> {
    match poll(&[ready, deadline]).contains(&1) {
        true => Err(network("no complete answer within 120 seconds")),
        false => Ok(()),
    }
}

fn write(body: &OutgoingBody, bytes: &[u8], deadline: &Pollable) -> Result<(), Failure> {
    let stream: OutputStream =
        body.write().map_err(|()| network("the request body cannot be opened"))?;
    let broken = |_: StreamError| network("the connection closed while the request was being sent");
    let mut rest = bytes;
    while !rest.is_empty() {
        let room = stream.check_write().map_err(broken)?;
        let (now, later) =
            rest.split_at(rest.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
        if now.is_empty() {
            wait(&stream.subscribe(), deadline)?;
        } else {
            stream.write(now).map_err(broken)?;
        }
        rest = later;
    }
    // All bytes were accepted. A host closes the stream once it has sent the promised length, which may be by now.
    let _ = stream.flush();
    Ok(())
}

fn read(
    body: IncomingBody,
    promised: Option<usize>,
    deadline: &Pollable,
) -> Result<Vec<u8>, Failure> {
    let stream: InputStream =
        body.stream().map_err(|()| network("the answer's body cannot be opened"))?;
    // Reserved up front, since a growing buffer is copied repeatedly. The promised length is not always right.
    let mut bytes = Vec::with_capacity(promised.unwrap_or(0).min(ROOM_MAX));
    loop {
        match stream.read(READ_BYTES) {
            Ok(chunk) if chunk.is_empty() => wait(&stream.subscribe(), deadline)?,
            Ok(chunk) if bytes.len() + chunk.len() > BODY_BYTES_MAX => {
                drop(chunk);
                return Err(Failure::TooLarge);
            }
            Ok(chunk) if bytes.capacity() == 0 => bytes = chunk,
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(_)) => {
                return Err(network("the answer ended early"));
            }
        }
    }
}
