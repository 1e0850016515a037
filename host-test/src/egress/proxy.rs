//! The HTTP proxy that the operator configured, if any.

use crate::egress::bypass::is_direct;
use crate::egress::named::is_host;
use crate::egress::origin::Origin;
use crate::egress::variables::{self, VariableLookup};
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use std::fmt;

/// The value of `--proxy`, which may hold a password: `Debug` hides it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(String);

impl From<String> for ProxyUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyUrl(hidden)")
    }
}

/// The operator's configuration of the proxy.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The flag or variable that it comes from, for messages.
    source: &'static str,
    url: ProxyUrl,
    /// Hosts that bypass the proxy.
    direct: String,
}

impl Setting {
    /// Returns the setting from the flag, or else from the environment, or `None` if requests go directly.
    /// `uses_environment` says whether the environment applies without a flag that names it.
    pub fn of(
        flag: Option<&ProxyUrl>,
        environment: VariableLookup,
        uses_environment: bool,
    ) -> Option<Self> {
        let direct = || variables::direct(environment);
        match flag.map(|url| url.0.as_str()) {
            Some("none") => None,
            Some("env") => Self::from_environment(environment, direct()),
            Some(url) => {
                let direct = if uses_environment { direct() } else { String::new() };
                Some(Self { source: "--proxy", url: ProxyUrl(url.to_owned()), direct })
            }
            None if uses_environment => Self::from_environment(environment, direct()),
            None => None,
        }
    }

    fn from_environment(environment: VariableLookup, direct: String) -> Option<Self> {
        let (source, url) = variables::proxy(environment)?;
        Some(Self { source, url: ProxyUrl(url), direct })
    }

    /// Returns the proxy for requests to an origin, or `None` for origins that bypass it: loopback, and those that
    /// `NO_PROXY` names.
    ///
    /// # Errors
    ///
    /// Returns a message that says what is wrong with the URL, without quoting it: it may hold a password.
    pub fn proxy(&self, origin: &Origin) -> Result<Option<Proxy>, String> {
        if !origin.is_https() || origin.is_loopback() || is_direct(&self.direct, origin) {
            return Ok(None);
        }
        self.parse().map(Some).map_err(|why| format!("{}: {why}", self.source))
    }

    /// Checks the flag, if it was given: it must be valid even if no request goes through the proxy.
    ///
    /// # Errors
    ///
    /// Same as [`Setting::proxy`].
    pub fn validate(&self) -> Result<(), String> {
        match self.source {
            "--proxy" => self.parse().map(drop).map_err(|why| format!("--proxy: {why}")),
            _ => Ok(()),
        }
    }

    fn parse(&self) -> Result<Proxy, String> {
        // Not quoted: it may hold a password.
        let form = |why: &str| {
            format!(
                "{why}; write http://[USER:PASSWORD@]HOST[:PORT], such as \
                 http://proxy.corp.example:3128, with special characters in the password as %XX"
            )
        };
        if self.url.0.is_empty() {
            return Err(form("is empty; use none for no proxy, or env for the environment's"));
        }
        let (scheme, rest) = match self.url.0.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            // As curl does.
            None => ("http".to_owned(), self.url.0.as_str()),
        };
        match scheme.as_str() {
            "http" | "https" => {}
            "socks" | "socks4" | "socks4a" | "socks5" | "socks5h" => {
                return Err(format!(
                    "{scheme}:// proxies are not supported; name an HTTP proxy, or use --proxy none"
                ));
            }
            _ => return Err(form("is not an http:// or https:// URL")),
        }
        let url = format!("{scheme}://{rest}");
        let uri: Uri = url.parse().map_err(|_| form("is not a valid URL"))?;
        // A path, a second @, or a port that is not a number comes from a password whose special
        // characters are not escaped.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let place = authority.rsplit('@').next().unwrap_or_default();
        let has_port = place.rsplit_once(']').map_or(place, |(_, port)| port).contains(':');
        let is_plain = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let is_plain = is_plain && !rest.contains('#') && authority.matches('@').count() <= 1;
        if !is_plain {
            return Err(form("has a path, or a password with an unescaped special character"));
        }
        if has_port != uri.port_u16().is_some_and(|port| port > 0) {
            return Err(form("has no valid port"));
        }
        let host =
            uri.host().filter(|host| is_host(host)).ok_or_else(|| form("has no valid host"))?;
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        let name = format!("{scheme}://{host}:{port}");
        // The crate decodes user and password, and creates the header, which it marks as sensitive.
        let matcher = Matcher::builder().https(url).build();
        let target = Uri::from_static("https://target.invalid");
        let auth = matcher
            .intercept(&target)
            .ok_or_else(|| form("is not a valid URL"))?
            .basic_auth()
            .cloned();
        let uri = name.parse().map_err(|_| form("is not a valid URL"))?;
        Ok(Proxy { uri, auth, name, source: self.source })
    }
}

/// An HTTP proxy.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Its address, without credentials.
    pub uri: Uri,
    /// The value of `Proxy-Authorization`, marked as sensitive so that `Debug` hides it.
    pub auth: Option<HeaderValue>,
    /// Its address in messages, without credentials.
    pub name: String,
    /// The flag or variable that names it.
    pub source: &'static str,
}

#[cfg(test)]
mod tests;
