//! What went wrong on the network: a word of `wasi:http` for the guest, and the cause for the
//! operator, in full, with what to do.

use crate::egress::chain::{find, innermost};
use crate::egress::dialer::Way;
use crate::egress::handshake;
use crate::egress::peer::Peer;
use crate::egress::prohibited::Prohibited;
use crate::egress::tunnel::ProxyError;
use std::error::Error;
use std::io;
use wasmtime_wasi_http::Error as HttpError;

/// What failed: the guest's word, and the operator's, where there is more to say.
pub(crate) type Failed = (HttpError, Option<String>);

/// Translates a failure.
pub(crate) fn classify(error: &hyper_util::client::legacy::Error, way: &Way) -> Failed {
    let origin = &way.origin;
    let is_connect = error.is_connect();
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    let mut dns = None;
    // Bounded by the length of the chain, which is finite by construction.
    while let Some(error) = cause {
        if let Some(fault) = find::<ProxyError>(error) {
            return proxy(fault);
        }
        if let Some(no) = find::<Prohibited>(error) {
            return prohibited(no, way);
        }
        if let Some(tls) = find::<rustls::Error>(error) {
            let (code, why) = handshake::explain(tls, &Peer::origin(origin));
            return (code, Some(why));
        }
        if let Some(http) = error.downcast_ref::<hyper::Error>()
            && http.is_parse()
        {
            return (HttpError::HttpProtocolError, None);
        }
        let text = error.to_string();
        match io_kind(error) {
            Some(io::ErrorKind::TimedOut) => return timed_out(way),
            Some(io::ErrorKind::ConnectionRefused) => return (HttpError::ConnectionRefused, None),
            // Instead of an answer to our hello: the TCP connection stood already.
            Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
                if is_connect && origin.is_https() =>
            {
                let (code, why) = handshake::closed(&Peer::origin(origin));
                return (code, Some(why));
            }
            _ => {}
        }
        if dns.is_none() && text.contains("dns error") {
            let why = innermost(error);
            dns = Some(format!(
                "{} could not be looked up: {why}; check its spelling",
                origin.host()
            ));
        }
        cause = error.source();
    }
    match dns {
        Some(why) => (HttpError::DnsError { rcode: None, info_code: None }, Some(why)),
        None if is_connect => (HttpError::DestinationUnavailable, Some(innermost(error))),
        None => (HttpError::ConnectionTerminated, None),
    }
}

/// No connection in time.
pub(crate) fn timed_out(way: &Way) -> Failed {
    let why = way.proxy().map(|proxy| {
        let (origin, name, source) = (&way.origin, &proxy.name, proxy.source);
        format!(
            "there was no connection to {origin} through the proxy {name} in time; see whether \
             the proxy runs and can reach that host, or change {source}"
        )
    });
    (HttpError::ConnectionTimeout, why)
}

/// An address that must not be dialled, and the flag that allows it, if there is one.
pub(crate) fn prohibited(no: &Prohibited, way: &Way) -> Failed {
    let origin = &way.origin;
    let what = match origin.address() {
        Some(_) => format!("the endpoint's address is {no}"),
        None => format!("{} resolves to {no}", origin.host()),
    };
    let remedy = match no.is_private() {
        true => format!(
            "if that is meant (split-horizon DNS, a gateway that inspects TLS), allow it with \
             --allow-private {origin}"
        ),
        false => {
            "host-test never connects to such an address; check the endpoint and its DNS".to_owned()
        }
    };
    (HttpError::DestinationIpProhibited, Some(format!("{what}; {remedy}")))
}

fn proxy(error: &ProxyError) -> Failed {
    // Not one that ends a run: a proxy that refuses today may be one that is being restarted.
    (HttpError::DestinationUnavailable, Some(error.to_string()))
}

/// The kind of an `io::Error`, or of the one that it wraps.
fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut error = error.downcast_ref::<io::Error>()?;
    // Bounded by how deep they were wrapped.
    while let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        error = inner;
    }
    Some(error.kind())
}
