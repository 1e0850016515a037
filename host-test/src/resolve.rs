//! Decides which addresses may be dialled: public ones, or only this machine when the operator
//! chose loopback. The check is on the address that is then dialled, so a name that changes its
//! mind between two look-ups (DNS rebinding) wins nothing.

use hyper_util::client::legacy::connect::dns::Name;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{fmt, io};

type Found = io::Result<Vec<SocketAddr>>;
type Finding = Pin<Box<dyn Future<Output = Found> + Send>>;

/// Turns a host name into addresses. Tests bring their own.
pub type Lookup = Arc<dyn Fn(String) -> Finding + Send + Sync>;

/// The resolver of the operating system.
pub fn system() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect::<Vec<_>>()) })
    })
}

/// An address that must not be dialled. The text names it, for the operator's log.
#[derive(Debug)]
pub struct Prohibited(pub IpAddr);

impl fmt::Display for Prohibited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the address {} is not allowed for this host", self.0)
    }
}

impl std::error::Error for Prohibited {}

/// A resolver for hyper that drops what [`may_dial`] refuses.
#[derive(Clone)]
pub struct Guarded {
    lookup: Lookup,
    loopback: Arc<[String]>,
}

impl Guarded {
    /// `loopback`: the allowed hosts that are this machine itself.
    pub fn new(lookup: Lookup, loopback: Vec<String>) -> Self {
        Self { lookup, loopback: loopback.into() }
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
        let found = (self.lookup)(name.as_str().to_owned());
        let loopback = self.loopback.iter().any(|host| host == name.as_str());
        Box::pin(async move {
            let mut refused = None;
            let mut good = Vec::new();
            for address in found.await? {
                match may_dial(address.ip(), loopback) {
                    true => good.push(address),
                    false => refused = Some(address.ip()),
                }
            }
            match (good.is_empty(), refused) {
                (true, Some(ip)) => {
                    Err(io::Error::new(io::ErrorKind::PermissionDenied, Prohibited(ip)))
                }
                (true, None) => Err(io::Error::new(io::ErrorKind::NotFound, "no address")),
                (false, _) => Ok(good.into_iter()),
            }
        })
    }
}

/// Whether an address may be dialled: only loopback ones when `loopback`, only public ones else.
pub fn may_dial(address: IpAddr, loopback: bool) -> bool {
    let address = address.to_canonical();
    match address {
        _ if loopback => address.is_loopback(),
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Source: IANA IPv4 Special-Purpose Address Registry; all that is not globally reachable.
/// The metadata service of clouds (169.254.169.254) is link-local.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || (a == 100 && (64..128).contains(&b)) // carrier-grade NAT, RFC 6598
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 192 && b == 88 && c == 99) // 6to4 relays, withdrawn
        || address.is_documentation()
        || (a == 198 && (18..20).contains(&b)) // benchmarks
        || a >= 224) // multicast, reserved, broadcast
}

/// Source: IANA IPv6 Special-Purpose Address Registry. Only global unicast, 2000::/3, and within it
/// no address that stands for an IPv4 one (6to4, Teredo) or for documentation.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let s = address.segments();
    let global = (0x2000..0x4000).contains(&s[0]);
    let teredo_and_special = s[0] == 0x2001 && s[1] < 0x0200;
    let documentation = (s[0] == 0x2001 && s[1] == 0x0db8) || (s[0] == 0x3fff && s[1] < 0x1000);
    global && !teredo_and_special && !documentation && s[0] != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_metadata_addresses_are_never_dialled() {
        for bad in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.192",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2002:a00:1::",
            "2001:0:1::",
            "100::1",
        ] {
            assert!(!may_dial(bad.parse().unwrap(), false), "{bad}");
        }
        for good in ["8.8.8.8", "100.63.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(may_dial(good.parse().unwrap(), false), "{good}");
        }
    }

    #[test]
    fn a_loopback_origin_reaches_loopback_only() {
        assert!(may_dial("127.0.0.1".parse().unwrap(), true));
        assert!(may_dial("::1".parse().unwrap(), true));
        assert!(!may_dial("8.8.8.8".parse().unwrap(), true));
        assert!(!may_dial("10.0.0.1".parse().unwrap(), true));
    }
}
