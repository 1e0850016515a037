//! What went wrong on the network, in the words of `wasi:http`.

use crate::egress::HttpError;
use crate::resolve::Prohibited;
use std::error::Error;
use std::io;

/// Translates a failure into the words of `wasi:http`.
pub(crate) fn classify(error: &hyper_util::client::legacy::Error) -> HttpError {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    let mut dns = false;
    // Bounded by the length of the chain, which is finite by construction.
    while let Some(error) = cause {
        if let Some(prohibited) = find::<Prohibited>(error) {
            tracing::warn!("denied: {prohibited}");
            return HttpError::DestinationIpProhibited;
        }
        if let Some(tls) = find::<rustls::Error>(error) {
            return match tls {
                rustls::Error::InvalidCertificate(_) => HttpError::TlsCertificateError,
                _ => HttpError::TlsProtocolError,
            };
        }
        if let Some(http) = error.downcast_ref::<hyper::Error>()
            && http.is_parse()
        {
            return HttpError::HttpProtocolError;
        }
        match error.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::TimedOut) => return HttpError::ConnectionTimeout,
            Some(io::ErrorKind::ConnectionRefused) => return HttpError::ConnectionRefused,
            _ => {}
        }
        dns |= error.to_string().contains("dns error");
        cause = error.source();
    }
    match dns {
        true => HttpError::DnsError { rcode: None, info_code: None },
        false if error.is_connect() => HttpError::DestinationUnavailable,
        false => HttpError::ConnectionTerminated,
    }
}

/// Looks at an error, and into an `io::Error`, whose `source` skips what it wraps, and into one that wraps another.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut error = error;
    // Bounded by how deep they were wrapped.
    loop {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        error = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)?;
    }
}

/// An error with all that caused it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
