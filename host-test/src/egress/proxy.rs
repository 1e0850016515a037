//! The HTTP proxy that the operator configured, if any.

use crate::egress::bypass::is_direct;
use crate::egress::named::is_host;
use crate::egress::origin::Origin;
use crate::egress::variables::{self, Environment};
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
    /// Returns the setting of the flag, or else of the environment, or `None` if requests go directly.
    /// `uses_environment` says whether the environment applies without a flag that names it.
    pub fn of(
        flag: Option<&ProxyUrl>,
        environment: Environment,
        uses_environment: bool,
    ) -> Option<Self> {
        let direct = || variables::direct(environment);
        match flag.map(|url| url.0.as_str()) {
            Some("none" | "") => None,
            Some("env") => Self::from_environment(environment, direct()),
            Some(url) => {
                let direct = if uses_environment { direct() } else { String::new() };
                Some(Self { source: "--proxy", url: ProxyUrl(url.to_owned()), direct })
            }
            None if uses_environment => Self::from_environment(environment, direct()),
            None => None,
        }
    }

    fn from_environment(environment: Environment, direct: String) -> Option<Self> {
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

    /// Checks the flag, if it was given: it must be valid even if nothing goes through it.
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
        const FORM: &str = "is not of the form http://[USER:PASSWORD@]HOST[:PORT], such as \
                            http://proxy.corp.example:3128; write special characters of the \
                            password as %XX";
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
            _ => return Err(FORM.to_owned()),
        }
        let url = format!("{scheme}://{rest}");
        let uri: Uri = url.parse().map_err(|_| FORM)?;
        // A path, a second @, or a port that is not a number comes from a password whose special
        // characters are not escaped.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let place = authority.rsplit('@').next().unwrap_or_default();
        let has_port = place.rsplit_once(']').map_or(place, |(_, port)| port).contains(':');
        let is_plain = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let is_plain = is_plain && !rest.contains('#') && authority.matches('@').count() <= 1;
        if !is_plain || has_port != uri.port_u16().is_some_and(|port| port > 0) {
            return Err(FORM.to_owned());
        }
        let host = uri.host().filter(|host| is_host(host)).ok_or(FORM)?;
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        let name = format!("{scheme}://{host}:{port}");
        // The crate decodes user and password, and creates the header, which it marks as sensitive.
        let matcher = Matcher::builder().https(url).build();
        let target = Uri::from_static("https://target.invalid");
        let auth = matcher.intercept(&target).ok_or(FORM)?.basic_auth().cloned();
        let uri = name.parse().map_err(|_| FORM)?;
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
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        Origin::parse(url).unwrap()
    }

    fn named(url: &str) -> Setting {
        Setting::of(Some(&ProxyUrl(url.to_owned())), &|_| None, true).unwrap()
    }

    #[test]
    fn the_environment_is_read_as_curl_reads_it() {
        let target = origin("https://graphql.buildkite.com");
        let read = |all: &[(&str, &str)], flag: Option<&str>, uses_environment: bool| {
            let environment = |name: &str| {
                let found = all.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let flag = flag.map(|url| ProxyUrl(url.to_owned()));
            let setting = Setting::of(flag.as_ref(), &environment, uses_environment);
            let proxy = setting.and_then(|setting| setting.proxy(&target).unwrap());
            proxy.map(|proxy| (proxy.source, proxy.name))
        };
        let is = |source, name: &str| Some((source, name.to_owned()));
        let both = [("HTTPS_PROXY", "http://upper:1"), ("https_proxy", "http://lower:2")];
        assert_eq!(read(&both, None, true), is("https_proxy", "http://lower:2"));
        assert_eq!(read(&both[..1], None, true), is("HTTPS_PROXY", "http://upper:1"));
        let all = [("ALL_PROXY", "all:3"), ("HTTPS_PROXY", ""), ("HTTP_PROXY", "http://no:4")];
        assert_eq!(read(&all, None, true), is("ALL_PROXY", "http://all:3"));
        assert_eq!(read(&all[2..], None, true), None, "HTTP_PROXY is for http");
        assert_eq!(read(&both, Some("http://flag:5"), true), is("--proxy", "http://flag:5"));
        assert_eq!(read(&both, Some("none"), true), None);
        assert_eq!(read(&both, Some(""), true), None);
        let direct = [both[0], ("NO_PROXY", "buildkite.com")];
        assert_eq!(read(&direct, None, true), None);
        assert_eq!(read(&direct, Some("http://flag:5"), true), None, "as curl does");
        // The flag can enable the environment where it does not apply by default.
        assert_eq!(read(&both, None, false), None);
        assert_eq!(read(&direct, Some("flag:5"), false), is("--proxy", "http://flag:5"));
        assert_eq!(read(&both, Some("env"), false), is("https_proxy", "http://lower:2"));
        assert_eq!(read(&direct, Some("env"), false), None);
    }

    #[test]
    fn loopback_never_goes_through_a_proxy() {
        for url in ["https://localhost", "https://127.0.0.1:8443", "http://[::1]:80"] {
            assert!(named("http://proxy:1").proxy(&origin(url)).unwrap().is_none(), "{url}");
            // Not even an invalid proxy gets in the way.
            assert!(named("socks5://proxy").proxy(&origin(url)).unwrap().is_none(), "{url}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_never_shown() {
        let setting = named("http://user:p%40ss%2Fw%25rd@proxy.corp:3128/");
        let proxy = setting.proxy(&origin("https://x.example")).unwrap().unwrap();
        // user:p@ss/w%rd
        assert_eq!(proxy.auth.as_ref().unwrap(), "Basic dXNlcjpwQHNzL3clcmQ=");
        assert_eq!((proxy.name.as_str(), proxy.source), ("http://proxy.corp:3128", "--proxy"));
        for shown in [format!("{setting:?}"), format!("{proxy:?}")] {
            assert!(!shown.contains("ss") && !shown.contains("dXNl"), "{shown}");
        }
    }

    #[test]
    fn an_invalid_url_is_refused_without_being_quoted() {
        for (bad, word) in [
            ("socks5://secret:secret@proxy:1080", "socks5:// proxies are not supported"),
            ("SOCKS5H://secret@proxy", "socks5h:// proxies are not supported"),
            ("ftp://secret@proxy", "is not of the form"),
            ("http://", "is not of the form"),
            ("http://secret:sec/ret@proxy:3128", "is not of the form"),
            ("http://secret:sec#ret@proxy:3128", "is not of the form"),
            ("http://secret:sec?ret@proxy:3128", "is not of the form"),
            ("http://secret:sec@ret@proxy:3128", "is not of the form"),
            ("http://secret:secret@proxy:port", "is not of the form"),
            ("http://secret:secret@proxy:99999", "is not of the form"),
            ("http://secret@proxy:", "is not of the form"),
            ("http://secret@proxy:0", "is not of the form"),
            ("http://secret@*:3128", "is not of the form"),
            ("10.0.0.0/8", "such as http://proxy.corp.example:3128"),
            ("http://sec ret@proxy", "is not of the form"),
            ("secret@", "is not of the form"),
        ] {
            let why = named(bad).proxy(&origin("https://x.example")).unwrap_err();
            assert!(why.starts_with("--proxy: ") && why.contains(word), "{bad}: {why}");
            assert!(!why.contains("secret"), "{bad}: {why}");
            assert!(named(bad).validate().is_err());
        }
        for (good, name) in [
            ("proxy:3128", "http://proxy:3128"),
            ("http://proxy", "http://proxy:80"),
            ("HTTPS://proxy", "https://proxy:443"),
            ("http://[::1]:3128/", "http://[::1]:3128"),
            ("http://10.0.0.1:8080", "http://10.0.0.1:8080"),
        ] {
            let proxy = named(good).proxy(&origin("https://x.example")).unwrap().unwrap();
            assert_eq!(proxy.name, name);
        }
    }
}
