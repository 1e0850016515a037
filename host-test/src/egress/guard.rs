//! Lets through only addresses that may be dialled. It checks the very address that is then dialled,
//! so a name that resolves differently in two lookups (DNS rebinding) gains nothing.

use crate::egress::nat64::{Nat64, candidates, is_local_use, is_well_known};
use crate::egress::prohibited::Prohibited;
use crate::egress::reach::Reach;
use crate::egress::resolve::Lookup;
use hyper_util::client::legacy::connect::dns::Name;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A resolver for hyper that drops addresses that must not be dialled for an origin.
#[derive(Clone)]
pub struct Guarded {
    lookup: Lookup,
    nat64: Nat64,
    reach: Reach,
}

impl Guarded {
    /// Creates a resolver that uses `lookup`. All resolvers with the same lookup share `nat64`.
    pub fn new(lookup: Lookup, nat64: Nat64, reach: Reach) -> Self {
        Self { lookup, nat64, reach }
    }

    /// Checks that an address may be dialled.
    ///
    /// An address behind NAT64 is judged by the IPv4 address that it stands for. This always applies to 64:ff9b::/96,
    /// and to other prefixes once the network's answer for `ipv4only.arpa` (RFC 7050) shows them. Whoever controls the
    /// resolver can forge such an answer. It therefore opens only 64:ff9b:1::/48, which holds nothing but translated
    /// addresses (RFC 8215), and only for IPv4 addresses that may be dialled themselves. For all other prefixes it can
    /// close but not open: a unique local address (fd00::/8) stays private whatever a resolver answers, and behind such
    /// a prefix the operator has `--allow-private`.
    ///
    /// # Errors
    ///
    /// Returns [`Prohibited`] with the address.
    pub async fn judge(&self, address: IpAddr) -> Result<(), Prohibited> {
        let no = |inner| Err(Prohibited { address, inner, reach: self.reach });
        let IpAddr::V6(v6) = address.to_canonical() else {
            return if self.reach.allows(address) { Ok(()) } else { no(None) };
        };
        if matches!(self.reach, Reach::Any | Reach::Loopback) {
            return if self.reach.allows(address) { Ok(()) } else { no(None) };
        }
        let inner = match is_well_known(v6) {
            true => Some(Ipv4Addr::from_bits(v6.to_bits() as u32)),
            false if self.is_doubtful(v6) => {
                // Without an answer, the address stays doubtful.
                let Some(prefixes) = self.nat64.prefixes(&self.lookup).await else {
                    return no(None);
                };
                prefixes.iter().find_map(|prefix| prefix.unwrap(v6))
            }
            false => None,
        };
        let is_outside_good = is_well_known(v6)
            || (is_local_use(v6) && inner.is_some())
            || self.reach.allows(address);
        let is_inside_good = inner.is_none_or(|v4| self.reach.allows(IpAddr::V4(v4)));
        if is_outside_good && is_inside_good { Ok(()) } else { no(inner) }
    }

    /// Returns whether the network's translation matters: the address is in the space reserved for translation, or
    /// could stand for an IPv4 address that must not be dialled. Addresses that end like `::1` could stand for one in
    /// 0.0.0.0/8, which is not routable and not checked.
    fn is_doubtful(&self, address: Ipv6Addr) -> bool {
        let is_bad = |v4: Ipv4Addr| v4.octets()[0] != 0 && !self.reach.allows(IpAddr::V4(v4));
        is_local_use(address)
            || (self.reach.allows(IpAddr::V6(address)) && candidates(address).any(is_bad))
    }
}

impl tower_service::Service<Name> for Guarded {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let guard = self.clone();
        Box::pin(async move {
            let mut refused = None;
            let mut good = Vec::new();
            for address in (guard.lookup)(name.as_str().to_owned()).await? {
                match guard.judge(address.ip()).await {
                    Ok(()) => good.push(address),
                    // An address that a flag would allow is the most useful one to report.
                    Err(no) if no.is_private() => refused = Some(no),
                    Err(no) => refused = refused.or(Some(no)),
                }
            }
            match (good.is_empty(), refused) {
                (true, Some(no)) => Err(io::Error::new(io::ErrorKind::PermissionDenied, no)),
                (true, None) => Err(io::Error::new(io::ErrorKind::NotFound, "no address")),
                (false, _) => Ok(good.into_iter()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tower_service::Service;

    /// Returns a resolver with these answers for `ipv4only.arpa`, and the number of lookups so far.
    fn network(answers: &[&str]) -> (Lookup, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let answers: Vec<SocketAddr> =
            answers.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect();
        let count = Arc::clone(&asked);
        let lookup: Lookup = Arc::new(move |name| {
            assert_eq!(name, "ipv4only.arpa");
            count.fetch_add(1, Ordering::Relaxed);
            Box::pin(std::future::ready(Ok(answers.clone())))
        });
        (lookup, asked)
    }

    async fn allows(answers: &[&str], reach: Reach, address: &str) -> bool {
        let guard = Guarded::new(network(answers).0, Nat64::default(), reach);
        guard.judge(address.parse().unwrap()).await.is_ok()
    }

    #[tokio::test]
    async fn the_well_known_prefix_is_judged_by_the_address_inside() {
        let (lookup, asked) = network(&[]);
        let guard = Guarded::new(lookup, Nat64::default(), Reach::Public);
        for (inner, good) in [
            ("52.20.1.1", true),
            ("8.8.8.8", true),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("192.168.0.1", false),
            ("168.63.129.16", false),
            ("224.0.0.1", false),
            ("0.0.0.0", false),
        ] {
            let address: IpAddr = format!("64:ff9b::{inner}").parse().unwrap();
            assert_eq!(guard.judge(address).await.is_ok(), good, "{inner}");
        }
        // Neither other bits in the prefix nor a mapped address inside it is well-known.
        for bad in ["64:ff9b::1:808:808", "64:ff9b:0:1::808:808", "64:ff9b::ffff:808:808"] {
            assert!(guard.judge(bad.parse().unwrap()).await.is_err(), "{bad}");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 0, "no discovery is needed");
    }

    #[tokio::test]
    async fn without_an_answer_a_doubtful_address_stays_refused() {
        let away: Lookup =
            Arc::new(|_| Box::pin(std::future::ready(Err(io::Error::other("away")))));
        let guard = Guarded::new(away, Nat64::default(), Reach::Public);
        for (address, good) in [
            ("2606:4700::169.254.169.254", false),
            ("2606:4700::10.0.0.1", false),
            ("64:ff9b:1::8.8.8.8", false),
            ("2606:4700::1111", true),
            ("64:ff9b::8.8.8.8", true),
        ] {
            assert_eq!(guard.judge(address.parse().unwrap()).await.is_ok(), good, "{address}");
        }
    }

    #[tokio::test]
    async fn the_local_use_prefix_opens_in_the_layout_that_the_network_shows() {
        for (shown, good, bad) in [
            ("64:ff9b:1:c000:0:aa00::", "64:ff9b:1:808:8:800::", "64:ff9b:1:a00:0:100::"),
            ("64:ff9b:1:12c0:0:ab::", "64:ff9b:1:1208:8:808::", "64:ff9b:1:120a:0:1::"),
            ("64:ff9b:1:12:c0:0:aa00::", "64:ff9b:1:12:8:808:800::", "64:ff9b:1:12:a9:fea9:fe00::"),
            ("64:ff9b:1::192.0.0.170", "64:ff9b:1::8.8.8.8", "64:ff9b:1::169.254.169.254"),
        ] {
            assert!(allows(&[shown], Reach::Public, good).await, "{shown}: {good}");
            assert!(!allows(&[shown], Reach::Public, bad).await, "{shown}: {bad}");
            assert!(!allows(&[], Reach::Public, good).await, "{good}, undiscovered");
        }
        // A prefix other than the one shown.
        let shown = ["64:ff9b:1:7::192.0.0.170"];
        assert!(!allows(&shown, Reach::Public, "64:ff9b:1:8::8.8.8.8").await);
    }

    #[tokio::test]
    async fn a_forged_discovery_opens_no_private_address() {
        for (forged, address) in [
            ("fd00::192.0.0.170", "fd00::8.8.8.8"),
            ("fd12:3456:c000:aa::", "fd12:3456:808:808::"),
            ("fe80::192.0.0.170", "fe80::8.8.8.8"),
            ("::ffff:192.0.0.170", "::ffff:10.0.0.1"),
            ("::192.0.0.170", "::8.8.8.8"),
            ("fd00:ec2::192.0.0.170", "fd00:ec2::8.8.8.8"),
        ] {
            assert!(!allows(&[forged], Reach::Public, address).await, "{forged}");
        }
        assert!(!allows(&["fd00:ec2::192.0.0.170"], Reach::Private, "fd00:ec2::8.8.8.8").await);
    }

    #[tokio::test]
    async fn a_discovered_prefix_closes_what_is_behind_it() {
        // Global or unique local by their first bits, the metadata service by their last.
        for (shown, address, reach) in [
            ("2a00:64::192.0.0.170", "2a00:64::169.254.169.254", Reach::Public),
            ("2a00:64:c000:aa::", "2a00:64:a00:1::", Reach::Public),
            ("fd64::192.0.0.171", "fd64::169.254.169.254", Reach::Private),
        ] {
            assert!(!allows(&[shown], reach, address).await, "{address}");
            assert!(allows(&[], reach, address).await, "{address}, untranslated");
        }
        assert!(allows(&["fd64::192.0.0.171"], Reach::Private, "fd64::10.0.0.1").await);
    }

    #[tokio::test]
    async fn the_network_is_asked_once_and_only_for_doubtful_addresses() {
        let (lookup, asked) = network(&["64:ff9b:1::192.0.0.170"]);
        let nat64 = Nat64::default();
        let guard = Guarded::new(lookup, nat64, Reach::Public);
        for address in ["8.8.8.8", "10.0.0.1", "2606:4700::1111", "fd00::1", "::1", "fe80::1"] {
            let _ = guard.judge(address.parse().unwrap()).await;
        }
        assert_eq!(asked.load(Ordering::Relaxed), 0);
        for address in ["64:ff9b:1::808:808", "64:ff9b:1::a00:1", "2606:4700::a9fe:a9fe"] {
            let _ = guard.clone().judge(address.parse().unwrap()).await;
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn only_the_permitted_ones_of_several_addresses_are_dialled() {
        let addresses = ["169.254.169.254", "10.0.0.1", "64:ff9b::a00:1", "64:ff9b::808:808"];
        let found = move |count: usize| -> Lookup {
            let all =
                addresses[..count].iter().map(|text| SocketAddr::new(text.parse().unwrap(), 443));
            let all: Vec<SocketAddr> = all.collect();
            Arc::new(move |_| Box::pin(std::future::ready(Ok(all.clone()))))
        };
        let name: Name = "host.example".parse().unwrap();
        let mut guard = Guarded::new(found(4), Nat64::default(), Reach::Public);
        let good: Vec<_> = guard.call(name.clone()).await.unwrap().collect();
        assert_eq!(good, ["[64:ff9b::808:808]:443".parse().unwrap()]);
        let mut guard = Guarded::new(found(3), Nat64::default(), Reach::Public);
        let error = guard.call(name).await.unwrap_err();
        assert!(error.to_string().starts_with("64:ff9b::a00:1 (NAT64 for 10.0.0.1), a private"));
    }
}
