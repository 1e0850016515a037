//! Sends a request, and reports the answer of the host or the remote.

use crate::bindings::wasi::http::outgoing_handler::handle;
use crate::bindings::wasi::http::types::{
    Fields, Method, OutgoingBody, OutgoingRequest, Scheme, http_error_code,
};
use crate::bindings::wasi::io::streams::StreamError;

/// Maximum number of bytes of an answer that are reported.
const QUOTED_MAX: usize = 4_000;

/// The request to send.
#[derive(Default)]
pub struct Request<'a> {
    pub url: &'a str,
    pub header: Option<(&'a str, &'a str)>,
    pub body: &'a str,
    pub leaves_open: bool,
}

/// Sends the request, and returns the outcome as text.
pub fn send(request: &Request) -> String {
    match exchange(request) {
        Ok(answer) => format!("answered: {answer}"),
        Err(why) => format!("refused: {why}"),
    }
}

fn exchange(request: &Request) -> Result<String, String> {
    let (scheme, rest) = request.url.split_once("://").ok_or("no URL")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let fields = Fields::new();
    let set = |name: &str, value: &str| {
        fields
            .append(&name.to_owned(), &value.as_bytes().to_vec())
            .map_err(|error| format!("header {name}: {error:?}"))
    };
    set("authorization", "Bearer forged")?;
    if let Some((name, value)) = request.header {
        set(name, value)?;
    }
    let outgoing = OutgoingRequest::new(fields);
    let scheme = if scheme == "https" { Scheme::Https } else { Scheme::Http };
    let path = if path.is_empty() { "/" } else { path };
    outgoing
        .set_method(&Method::Post)
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_authority(Some(&authority.to_owned())))
        .and_then(|()| outgoing.set_path_with_query(Some(&path.to_owned())))
        .map_err(|()| "no such request".to_owned())?;
    let body = outgoing.body().map_err(|()| "no body")?;
    let pending = handle(outgoing, None).map_err(|error| format!("{error:?}"))?;
    {
        let stream = body.write().map_err(|()| "no stream")?;
        for chunk in request.body.as_bytes().chunks(4096) {
            if stream.blocking_write_and_flush(chunk).is_err() {
                break; // The answer is more informative than this error.
            }
        }
    }
    OutgoingBody::finish(body, None).map_err(|error| format!("{error:?}"))?;
    pending.subscribe().block();
    let answer = pending.get().ok_or("no answer")?.map_err(|()| "taken")?;
    let response = answer.map_err(|error| format!("{error:?}"))?;
    let status = response.status();
    let body = response.consume().map_err(|()| "no body")?;
    let stream = body.stream().map_err(|()| "no stream")?;
    if request.leaves_open {
        std::mem::forget((stream, body, response));
        return Ok(format!("{status}, left open"));
    }
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(1 << 16) {
            Ok(chunk) => {
                bytes.extend(chunk.into_iter().take(QUOTED_MAX.saturating_sub(bytes.len())))
            }
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(format!("{status}, then {:?}", http_error_code(&error)));
            }
        }
    }
    Ok(format!("{status} {}", String::from_utf8_lossy(&bytes)))
}
