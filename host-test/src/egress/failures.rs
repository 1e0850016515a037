//! Translates network failures: into an error of `wasi:http` for the guest, and into a message with the full cause and
//! what to do for the operator.

use crate::egress::chain::{find, innermost};
use crate::egress::dialer::Way;
use crate::egress::handshake;
use crate::egress::peer::Peer;
use crate::egress::prohibited::Prohibited;
use crate::egress::tunnel::ProxyError;
use std::error::Error;
use std::io;
use wasmtime_wasi_http::Error as HttpError;

/// The error for the guest, and a message for the operator if there is more to say.
pub(crate) type Failed = (HttpError, Option<String>);

/// What the operator should know about the last request, and the guest cannot know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It completes what the guest says.
    Also(String),
    /// It replaces what the guest says, which saw an answer that no remote gave.
    Instead(String),
}

impl Cause {
    /// Adds the cause to a message, or replaces the message.
    pub(crate) fn explain(&self, message: &mut String) {
        match self {
            Self::Also(why) => {
                message.push_str(": ");
                message.push_str(why);
            }
            Self::Instead(why) => message.clone_from(why),
        }
    }
}

/// Translates a failure.
pub(crate) fn classify(error: &hyper_util::client::legacy::Error, way: &Way) -> Failed {
    let origin = &way.origin;
    let is_connect = error.is_connect();
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    let mut dns = None;
    // The chain is finite by construction.
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
            Some(io::ErrorKind::ConnectionRefused) => {
                let why =
                    format!("nothing listens at {origin}; check the address, or start the server");
                return (HttpError::ConnectionRefused, Some(why));
            }
            // The peer accepted the TCP connection, but closed it instead of answering the TLS hello.
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
            dns =
                Some(format!("{} could not be resolved: {why}; check its spelling", origin.host()));
        }
        cause = error.source();
    }
    match dns {
        Some(why) => (HttpError::DnsError { rcode: None, info_code: None }, Some(why)),
        None if is_connect => (HttpError::DestinationUnavailable, Some(innermost(error))),
        None => (HttpError::ConnectionTerminated, None),
    }
}

/// Returns the failure for a connection that was not established in time.
pub(crate) fn timed_out(way: &Way) -> Failed {
    let why = way.proxy().map(|proxy| {
        let (origin, name, source) = (&way.origin, &proxy.name, proxy.source);
        format!(
            "the connection to {origin} through the proxy {name} timed out; check that the proxy \
             is running and can reach that host, or change {source}"
        )
    });
    (HttpError::ConnectionTimeout, why)
}

/// Returns the failure for an address that must not be dialed, with the flag that allows it, if there is one.
pub(crate) fn prohibited(no: &Prohibited, way: &Way) -> Failed {
    let origin = &way.origin;
    let what = match origin.address() {
        Some(_) => format!("the address is {no}"),
        None => format!("{} resolves to {no}", origin.host()),
    };
    let remedy = match no.is_private() {
        true => format!(
            "if that is intended (split-horizon DNS, a gateway that inspects TLS), allow it with \
             --allow-private {origin}"
        ),
        false => "such an address is never allowed; check the endpoint and its DNS".to_owned(),
    };
    (HttpError::DestinationIpProhibited, Some(format!("{what}; {remedy}")))
}

fn proxy(error: &ProxyError) -> Failed {
    // This error does not end a run: a proxy that refuses a connection may be restarting.
    (HttpError::DestinationUnavailable, Some(error.to_string()))
}

/// Returns the kind of the innermost `io::Error`.
fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut error = error.downcast_ref::<io::Error>()?;
    // Bounded by the nesting depth.
    while let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        error = inner;
    }
    Some(error.kind())
}
