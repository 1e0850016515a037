//! Lets only addresses through that may be dialed. It checks the very address that is then dialed, so a name that
//! resolves differently in a second lookup (DNS rebinding) gains nothing.

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

/// A resolver for hyper that drops addresses that must not be dialed for an origin.
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

    /// Checks that an address may be dialed.
    ///
    /// An address behind NAT64 is judged by the IPv4 address that it stands for. This always applies to 64:ff9b::/96,
    /// and to other prefixes once the network's answer for `ipv4only.arpa` (RFC 7050) reveals them.
    ///
    /// Whoever controls the resolver can forge such an answer. It therefore permits addresses only in 64:ff9b:1::/48,
    /// which is reserved for translation (RFC 8215), and only if the IPv4 address may be dialed itself. For all other
    /// prefixes, it can prohibit addresses but not permit them: a unique local address (fd00::/8) stays private
    /// whatever a resolver answers, and only `--allow-private` permits it.
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
    /// could stand for an IPv4 address that must not be dialed. Addresses that end like `::1` could stand for one in
    /// 0.0.0.0/8. That block is not routable, so it is not checked.
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
mod tests;
