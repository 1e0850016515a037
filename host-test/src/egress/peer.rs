//! The peer of a TLS connection: an origin, or the operator's proxy on the way to it.

use crate::egress::origin::Origin;

/// A server, as messages name it.
pub(crate) struct Peer<'a> {
    /// Its name: `https://graphql.buildkite.com`, or `the proxy https://proxy.corp:443`.
    pub(crate) name: String,
    pub(crate) host: &'a str,
    /// Where the operator configures it.
    pub(crate) source: &'a str,
}

impl<'a> Peer<'a> {
    pub(crate) fn origin(origin: &'a Origin) -> Self {
        Self { name: origin.to_string(), host: origin.host(), source: "the endpoint" }
    }
}
