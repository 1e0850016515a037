//! Checks a guest's request before it is sent: its body must be complete and within the size limit, and only
//! `Authorization` may hold the placeholder.

use crate::credential::token::PLACEHOLDER;
use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use wasmtime_wasi_http::Error as HttpError;
use wasmtime_wasi_http::WasiBody;

/// Returns whether the placeholder is anywhere except in the `Authorization` header, whose value the host sets.
pub(crate) fn holds_placeholder(request: &Request<Bytes>) -> bool {
    let placeholder = PLACEHOLDER.as_bytes();
    let holds = |text: &[u8]| text.windows(placeholder.len()).any(|part| part == placeholder);
    let mut others = request.headers().iter().filter(|(name, _)| *name != header::AUTHORIZATION);
    holds(request.uri().to_string().as_bytes())
        || others.any(|(_, value)| holds(value.as_bytes()))
        || holds(request.body())
}

/// Collects a body of at most `bytes_max` bytes.
pub(crate) async fn collect(body: WasiBody, bytes_max: u64) -> Result<Bytes, HttpError> {
    match Limited::new(body, usize::try_from(bytes_max).unwrap_or(usize::MAX)).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(HttpError::HttpRequestBodySize(Some(bytes_max)))
        }
        Err(error) => Err(HttpError::InternalError(Some(error.to_string()))),
    }
}
