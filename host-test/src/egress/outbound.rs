//! The operator's configuration of outgoing requests, from flags and the environment. Tenants cannot change it.

use crate::egress::guard::Guarded;
use crate::egress::named;
use crate::egress::nat64::Nat64;
use crate::egress::origin::{Origin, list};
use crate::egress::proxy::{Proxy, ProxyUrl, Setting};
use crate::egress::reach::Reach;
use crate::egress::resolve::{Lookup, system};
use crate::egress::tls::Trust;
use crate::egress::variables;
use crate::exit::{Failure, Result};
use std::path::PathBuf;
use std::sync::Arc;

/// Flags of every command that talks to a remote.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// HTTP proxy for all requests: http://[USER:PASSWORD@]HOST[:PORT], or `none`, or `env` for the
    /// one in HTTPS_PROXY or ALL_PROXY, except for the hosts in NO_PROXY. Default: `env`; for
    /// `host-test tenants`, `none`. Other users can see the command line, so put a password in
    /// HTTPS_PROXY.
    #[arg(long, value_name = "URL", help_heading = "Network")]
    proxy: Option<ProxyUrl>,
    /// Also trust the certificates in this PEM file, for a private CA or a gateway that inspects TLS.
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    ca_file: Option<PathBuf>,
    /// Allow this origin, https://HOST[:PORT], to resolve to a private address (RFC 1918,
    /// carrier-grade NAT, unique local IPv6). May be repeated. Loopback, link-local and metadata
    /// addresses are always refused.
    #[arg(long = "allow-private", value_name = "ORIGIN", help_heading = "Network")]
    allow_private: Vec<String>,
}

/// Whether the environment variables that name proxies apply without a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// They apply: the command serves only the user who runs it.
    Used,
    /// They do not apply, since many tenants depend on the command: only a flag decides.
    Ignored,
}

/// The configuration of outgoing requests. Cheap to clone; clones share what they learn about the network.
#[derive(Clone)]
pub struct Outbound {
    lookup: Lookup,
    nat64: Nat64,
    private: Arc<[Origin]>,
    proxy: Option<Setting>,
    trust: Trust,
}

impl Outbound {
    /// Creates a configuration without a proxy, for public addresses, with the operating system's certificates.
    pub fn direct(lookup: Lookup) -> Self {
        let (nat64, trust) = (Nat64::default(), Trust::default());
        Self { lookup, nat64, private: Arc::new([]), proxy: None, trust }
    }

    /// Creates the configuration from the flags, and from the environment where it applies.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] with the name of the flag.
    pub fn new(flags: &Flags, environment: Environment) -> Result<Self> {
        Self::with(flags, environment, system())
    }

    /// Like [`Outbound::new`], but resolves names with `lookup`.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] with the name of the flag.
    pub fn with(flags: &Flags, environment: Environment, lookup: Lookup) -> Result<Self> {
        let uses_environment = environment == Environment::Used;
        let proxy = Setting::of(flags.proxy.as_ref(), &variables::environment, uses_environment);
        if let Some(setting) = &proxy {
            setting.validate().map_err(Failure::Refused)?;
        }
        if let Some((name, _)) = variables::proxy(&variables::environment)
            && flags.proxy.is_none()
            && !uses_environment
        {
            tracing::warn!("{name} is set but ignored; add `--proxy env` to use it");
        }
        let private = flags.allow_private.iter().map(|url| private(url)).collect::<Result<_>>()?;
        let trust = Trust::with(flags.ca_file.as_deref())?;
        Ok(Self { lookup, nat64: Nat64::default(), private, proxy, trust })
    }

    /// Logs anything unusual for these origins, and finds errors before the first request.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if certificates or the proxy's URL are not usable.
    pub fn prepare(&self, origins: &[Origin]) -> Result<()> {
        for origin in origins {
            if let Some(proxy) = self.proxy(origin).map_err(Failure::Refused)? {
                let (name, source) = (&proxy.name, proxy.source);
                tracing::info!("requests to {origin} go through the proxy {name} ({source})");
            }
        }
        for unused in self.private.iter().filter(|origin| !origins.contains(origin)) {
            let used = list(origins);
            tracing::warn!("--allow-private {unused} has no effect: requests go to {used}");
        }
        if origins.iter().any(Origin::is_https) {
            self.trust.verifier()?;
        }
        Ok(())
    }

    /// Returns the addresses that connections for an origin may use.
    pub(crate) fn reach(&self, origin: &Origin) -> Reach {
        Reach::of(origin, &self.private)
    }

    pub(crate) fn guard(&self, reach: Reach) -> Guarded {
        Guarded::new(Arc::clone(&self.lookup), self.nat64.clone(), reach)
    }

    pub(crate) fn proxy(&self, origin: &Origin) -> std::result::Result<Option<Proxy>, String> {
        self.proxy.as_ref().map_or(Ok(None), |setting| setting.proxy(origin))
    }

    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }
}

/// Parses an origin of `--allow-private`.
fn private(url: &str) -> Result<Origin> {
    let origin = named::origin("--allow-private", url)?;
    match origin.is_loopback() {
        true => Err(Failure::Refused(format!(
            "--allow-private {origin}: is loopback, which is always allowed; remove the flag"
        ))),
        false => Ok(origin),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use clap::Parser;
    use hyper_util::client::legacy::connect::dns::Name;
    use std::net::SocketAddr;
    use tower_service::Service;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flags: Flags,
    }

    /// Creates the configuration from a line of flags. Every name resolves to this address.
    pub(crate) fn outbound(line: &str, address: &str) -> Result<Outbound> {
        let line = Line::try_parse_from(format!("x {line}").split_whitespace()).unwrap();
        let address = SocketAddr::new(address.parse().unwrap(), 443);
        let lookup: Lookup = Arc::new(move |_| Box::pin(std::future::ready(Ok(vec![address]))));
        Outbound::with(&line.flags, Environment::Ignored, lookup)
    }

    /// Returns the addresses that would be dialed for a URL.
    async fn dialed(outbound: &Outbound, url: &str) -> Vec<SocketAddr> {
        let origin = Origin::parse(url).unwrap();
        let name: Name = origin.host().parse().unwrap();
        let mut guard = outbound.guard(outbound.reach(&origin));
        guard.call(name).await.map(Iterator::collect).unwrap_or_default()
    }

    #[tokio::test]
    async fn allow_private_opens_only_its_origin() {
        let flags = "--allow-private https://a.corp --allow-private https://b.corp:8443";
        for (address, is_opened) in [
            ("10.0.0.1", true),
            ("100.64.0.1", true),
            ("fd12::1", true),
            ("169.254.169.254", false),
            ("127.0.0.1", false),
            ("fd00:ec2::254", false),
            ("64:ff9b::a9fe:a9fe", false),
        ] {
            let outbound = outbound(flags, address).unwrap();
            for (url, is_named) in [
                ("https://a.corp/v1", true),
                ("https://b.corp:8443", true),
                ("https://b.corp", false),
                ("https://a.corp:8443", false),
                ("https://x.a.corp", false),
            ] {
                let count = dialed(&outbound, url).await.len();
                assert_eq!(count == 1, is_opened && is_named, "{url} at {address}");
            }
        }
    }

    #[test]
    fn an_invalid_flag_is_named_without_its_secrets() {
        for (line, word) in [
            ("--allow-private a.corp", "--allow-private a.corp: must begin with https://"),
            ("--allow-private http://a.corp", "--allow-private http://a.corp: must be https"),
            ("--allow-private https://localhost", "is loopback"),
            ("--allow-private https://u:secret@a.corp", "--allow-private …: must not contain"),
            ("--allow-private 10.0.0.0/8", "--allow-private 10.0.0.0/8: must not be a block"),
            ("--allow-private *", "--allow-private *: must not contain a wildcard"),
            (
                "--allow-private https://a.corp/v1",
                "--allow-private https://a.corp/v1: must not have a",
            ),
            ("--proxy http://*:3128", "--proxy: has no valid host"),
            ("--proxy socks5://u:secret@p", "--proxy: socks5:// proxies are not supported"),
            ("--proxy ftp://u:secret@p", "--proxy: is not an http:// or https:// URL"),
            ("--ca-file /nowhere/ca.pem", "--ca-file /nowhere/ca.pem: cannot be read"),
        ] {
            let failure = outbound(line, "10.0.0.1").err().unwrap();
            assert_eq!(failure.code(), 2);
            let text = failure.to_string();
            assert!(text.contains(word) && !text.contains("secret"), "{line}: {text}");
        }
    }
}
