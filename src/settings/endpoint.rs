//! The only address that the connector requests.

macro_rules! buildkite {
    ($path:literal) => {
        concat!("https://graphql.buildkite.com", $path)
    };
}

/// The address of Buildkite's GraphQL API (buildkite.com/docs/apis/graphql-api).
pub const DEFAULT: &str = buildkite!("/v1");

/// The origin of [`DEFAULT`].
pub const DEFAULT_ORIGIN: &str = buildkite!("");

/// A parsed address, such as `https://graphql.buildkite.com/v1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Whether the scheme is `https`. `http` is allowed for loopback only.
    pub tls: bool,
    /// Host and, if given, port, in lower case.
    pub authority: String,
    /// Path and query, starting with `/`.
    pub path: String,
}

impl Endpoint {
    /// Parses an address.
    ///
    /// # Errors
    ///
    /// Returns a message for the operator if the scheme is neither `https` nor `http`, if host or port are missing or
    /// malformed, if there is a user name, a fragment or white space, or for plain `http` to a host that is not this
    /// machine.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::read(text).map_err(|why| [why, "; write it like ", DEFAULT].concat())
    }

    /// Parses an address. Errors do not quote it, since it may contain a password.
    fn read(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once(':').unwrap_or_default();
        let rest = rest.strip_prefix("//").ok_or("it has no scheme")?;
        let tls = scheme.eq_ignore_ascii_case("https");
        if !tls && !scheme.eq_ignore_ascii_case("http") {
            return Err("its scheme is not supported");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return Err("it contains white space, a fragment or non-ASCII characters");
        }
        let at = rest.bytes().position(|byte| b"/?".contains(&byte)).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let authority = authority.to_ascii_lowercase();
        if authority.contains('@') {
            return Err("it must not contain a user name");
        }
        let host = host_of(&authority).ok_or("it has no valid host and port")?;
        if !tls && !is_loopback(host) {
            return Err(
                "plain http would expose the token on the network; it is allowed for loopback only",
            );
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        let path = [slash, path].concat();
        Ok(Self { tls, authority: without_default_port(&authority, tls).to_owned(), path })
    }

    /// Returns scheme, host and port, without the scheme's default port: `https://graphql.buildkite.com`.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.authority)
    }

    /// Returns the organization of a portal, which holds the query itself and accepts only its variables. Returns
    /// `None` for an address that accepts queries.
    pub fn portal(&self) -> Option<&str> {
        portal_of(&self.path)
    }
}

/// Returns the organization in a portal's path, `/organizations/{slug}/portals/{slug}`
/// (buildkite.com/docs/apis/graphql/portals).
fn portal_of(path: &str) -> Option<&str> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let (organization, portal) = path.strip_prefix("/organizations/")?.split_once("/portals/")?;
    let is_name = |name: &str| !name.is_empty() && !name.contains('/');
    (is_name(organization) && is_name(portal)).then_some(organization)
}

fn without_default_port(authority: &str, tls: bool) -> &str {
    authority.strip_suffix(if tls { ":443" } else { ":80" }).unwrap_or(authority)
}

/// Returns the host of `host[:port]`, or `None` if either is malformed.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            let is_address = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
            if address.is_empty() || !address.bytes().all(is_address) {
                return None;
            }
            (
                authority.strip_suffix(port)?,
                if port.is_empty() { None } else { Some(port.strip_prefix(':')?) },
            )
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let port_is_good = port.is_none_or(|port| {
        digits(port) && port.parse::<i64>().is_ok_and(|port| (1..=65_535).contains(&port))
    });
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let host_is_good = host.starts_with('[') || (!host.is_empty() && host.bytes().all(named));
    (port_is_good && host_is_good).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    let is_dotted = || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    host == "localhost" || host == "[::1]" || (host.starts_with("127.") && is_dotted())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_leaves_out_the_default_port_of_its_scheme() {
        let origin = |text: &str| Endpoint::parse(text).unwrap().origin();
        assert_eq!(origin("HTTPS://GraphQL.Buildkite.com:443/v1"), "https://graphql.buildkite.com");
        assert_eq!(origin("http://[::1]:8080/v1"), "http://[::1]:8080");
        assert_eq!(Endpoint::parse("http://localhost").unwrap().path, "/");
    }

    #[test]
    fn a_portal_is_recognized_by_its_path() {
        let portal = |path: &str| {
            let address = ["https://portal.buildkite.com", path].concat();
            Endpoint::parse(&address).unwrap().portal().map(str::to_owned)
        };
        assert_eq!(portal("/organizations/acme/portals/audit").as_deref(), Some("acme"));
        assert_eq!(
            portal("/organizations/acme/portals/a?operation_name=X").as_deref(),
            Some("acme")
        );
        for path in [
            "/v1",
            "/organizations/acme/portals/",
            "/organizations//portals/a",
            "/organizations/a/b/portals/c",
        ] {
            assert_eq!(portal(path), None, "{path}");
        }
    }

    #[test]
    fn an_unsafe_address_is_refused() {
        for text in [
            "graphql.buildkite.com/v1",
            "ftp://graphql.buildkite.com",
            "https://",
            "https://:443/v1",
            "https://a:b@graphql.buildkite.com/v1",
            "https://graphql.buildkite.com:0/v1",
            "https://graphql.buildkite.com:+1/v1",
            "https://graphql.buildkite.com /v1",
            "https://[::1/v1",
            "https://[zz]/v1",
            "http://graphql.buildkite.com/v1",
            "http://127.0.0.1.example.com/v1",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }
}
