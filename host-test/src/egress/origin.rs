//! The only remote that a source may talk to: a scheme, a host and a port, compared exactly.

use http::Uri;
use std::net::IpAddr;

/// Scheme, host and port of an allowed remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    https: bool,
    host: String,
    port: u16,
}

impl Origin {
    /// Parses the origin of a URL.
    ///
    /// # Errors
    ///
    /// Returns a message for the operator if this is not a URL, is neither http nor https, has user information, or is
    /// plain http to a host that is not loopback.
    pub fn parse(url: &str) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|_| "is not a URL".to_owned())?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("must not contain a user name or password".to_owned());
        }
        let origin = Self::of(&uri).ok_or("must begin with https:// and a host name")?;
        if !origin.https && !origin.is_loopback() {
            return Err("must be https, unless the host is loopback".to_owned());
        }
        Ok(origin)
    }

    /// Returns the origin that a request goes to, or `None` if it has no host or an unsupported scheme.
    pub fn of(uri: &Uri) -> Option<Self> {
        let https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = uri.host().filter(|host| !host.is_empty())?.to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        Some(Self { https, host, port })
    }

    /// Returns whether connections use TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Returns the host in lower case: a name or an address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, which by default is the scheme's.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the address, if the host is an address instead of a name.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// Returns whether the host is this machine: `localhost` or a loopback address.
    pub fn is_loopback(&self) -> bool {
        match self.address() {
            Some(address) => address.to_canonical().is_loopback(),
            None => self.host == "localhost",
        }
    }
}

/// Returns a list of origins for messages.
pub fn list(origins: &[Origin]) -> String {
    let names: Vec<String> = origins.iter().map(Origin::to_string).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        let usual = if self.https { 443 } else { 80 };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port_and_nothing_else() {
        let origin = Origin::parse("https://GraphQL.Buildkite.com/v1?x").unwrap();
        assert_eq!(origin.to_string(), "https://graphql.buildkite.com");
        for other in [
            "http://graphql.buildkite.com",
            "https://graphql.buildkite.com:444",
            "https://graphql.buildkite.com.evil.example",
            "https://buildkite.com",
            "https://graphql.buildkite.com.",
        ] {
            assert_ne!(Origin::of(&other.parse().unwrap()), Some(origin.clone()), "{other}");
        }
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for good in ["http://127.0.0.1:8080/v1", "http://[::1]:1/", "http://localhost"] {
            assert!(Origin::parse(good).unwrap().is_loopback(), "{good}");
        }
        for bad in
            ["http://example.com", "http://10.0.0.1", "ftp://x", "example.com", "https://u:p@x"]
        {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }
}
