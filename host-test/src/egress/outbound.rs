//! What the operator decides about the way out, by flags and environment. A tenant never does.

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

/// Flags of each command that talks to a remote.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// HTTP proxy for all requests: http://[USER:PASSWORD@]HOST[:PORT], or `none`, or `env` for the
    /// one in HTTPS_PROXY or ALL_PROXY. run, check and preview use `env` by default and always honor
    /// NO_PROXY; tenants reads these variables only with `env`. Other users can see a command line:
    /// put a password into HTTPS_PROXY.
    #[arg(long, value_name = "URL", help_heading = "Network")]
    proxy: Option<ProxyUrl>,
    /// Also trust the certificates in this PEM file, for a private CA or a gateway that inspects TLS.
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    ca_file: Option<PathBuf>,
    /// Let this origin, https://HOST[:PORT], lead to a private address (RFC 1918, carrier-grade
    /// NAT, unique local IPv6); may be repeated. Loopback, link-local and metadata addresses
    /// stay refused.
    #[arg(long = "allow-private", value_name = "ORIGIN", help_heading = "Network")]
    allow_private: Vec<String>,
}

/// Whether the variables that name proxies count without a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// They do: the command is its caller's own.
    Heeded,
    /// They do not, since many depend on it: only a flag decides.
    Ignored,
}

/// The way out. Cheap to clone; clones share what was found about the network.
#[derive(Clone)]
pub struct Outbound {
    lookup: Lookup,
    nat64: Nat64,
    private: Arc<[Origin]>,
    proxy: Option<Setting>,
    trust: Trust,
}

impl Outbound {
    /// Without a proxy, to public addresses, with the operating system's certificates.
    pub fn direct(lookup: Lookup) -> Self {
        let (nat64, trust) = (Nat64::default(), Trust::default());
        Self { lookup, nat64, private: Arc::new([]), proxy: None, trust }
    }

    /// As the flags say, and the environment where it counts.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`], naming the flag.
    pub fn new(flags: &Flags, environment: Environment) -> Result<Self> {
        Self::with(flags, environment, system())
    }

    /// As [`Outbound::new`], where names are looked up with `lookup`.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`], naming the flag.
    pub fn with(flags: &Flags, environment: Environment, lookup: Lookup) -> Result<Self> {
        let heeds = environment == Environment::Heeded;
        let proxy = Setting::of(flags.proxy.as_ref(), &variables::environment, heeds);
        if let Some(setting) = &proxy {
            setting.insist().map_err(Failure::Refused)?;
        }
        if let Some((name, _)) = variables::proxy(&variables::environment)
            && flags.proxy.is_none()
            && !heeds
        {
            tracing::warn!("{name} is set and ignored: `--proxy env` uses it");
        }
        let private = flags.allow_private.iter().map(|url| private(url)).collect::<Result<_>>()?;
        let trust = Trust::with(flags.ca_file.as_deref())?;
        Ok(Self { lookup, nat64: Nat64::default(), private, proxy, trust })
    }

    /// Logs what is out of the ordinary for these origins, and finds out at the start what is wrong.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when certificates or the proxy's URL are not usable.
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

    /// Where connections for an origin may end.
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

/// An origin of `--allow-private`.
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

    /// The way out of a line of flags, where every name leads to this address.
    pub(crate) fn outbound(line: &str, address: &str) -> Result<Outbound> {
        let line = Line::try_parse_from(format!("x {line}").split_whitespace()).unwrap();
        let address = SocketAddr::new(address.parse().unwrap(), 443);
        let lookup: Lookup = Arc::new(move |_| Box::pin(std::future::ready(Ok(vec![address]))));
        Outbound::with(&line.flags, Environment::Ignored, lookup)
    }

    /// The addresses that would be dialled for a URL.
    async fn dialled(outbound: &Outbound, url: &str) -> Vec<SocketAddr> {
        let origin = Origin::parse(url).unwrap();
        let name: Name = origin.host().parse().unwrap();
        let mut guard = outbound.guard(outbound.reach(&origin));
        guard.call(name).await.map(Iterator::collect).unwrap_or_default()
    }

    #[tokio::test]
    async fn allow_private_opens_its_origin_alone() {
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
                let count = dialled(&outbound, url).await.len();
                assert_eq!(count == 1, is_opened && is_named, "{url} at {address}");
            }
        }
    }

    #[test]
    fn a_wrong_flag_is_refused_by_name_and_without_its_secrets() {
        for (line, word) in [
            ("--allow-private a.corp", "--allow-private a.corp: must begin with https://"),
            ("--allow-private http://a.corp", "--allow-private http://a.corp: must be https"),
            ("--allow-private https://localhost", "is loopback"),
            ("--allow-private https://u:secret@a.corp", "--allow-private …: must not hold"),
            ("--allow-private 10.0.0.0/8", "--allow-private 10.0.0.0/8: must not be a block"),
            ("--allow-private *", "--allow-private *: must not hold a wildcard"),
            (
                "--allow-private https://a.corp/v1",
                "--allow-private https://a.corp/v1: must not have a",
            ),
            ("--proxy http://*:3128", "--proxy: is not of the form"),
            ("--proxy socks5://u:secret@p", "--proxy: socks5:// proxies are not supported"),
            ("--proxy ftp://u:secret@p", "--proxy: is not of the form"),
            ("--ca-file /nowhere/ca.pem", "--ca-file /nowhere/ca.pem: cannot be read"),
        ] {
            let said = outbound(line, "10.0.0.1").err().unwrap();
            assert_eq!(said.code(), 2);
            let said = said.to_string();
            assert!(said.contains(word) && !said.contains("secret"), "{line}: {said}");
        }
    }
}
