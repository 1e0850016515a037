//! The addresses at which an origin may be reached: only public ones, unless the operator allows others.

use crate::egress::origin::Origin;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses that connections for one origin may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Only this machine: the operator chose a loopback endpoint.
    Loopback,
    /// Only public addresses: the default.
    Public,
    /// Public addresses and those of a private network: the operator's `--allow-private`. Never
    /// loopback, link-local, metadata, multicast or reserved ones.
    Private,
    /// Any address: the operator named it, as the address of a proxy.
    Any,
}

impl Reach {
    /// Returns the reach of an origin. `private` holds the origins of `--allow-private`.
    pub fn of(origin: &Origin, private: &[Origin]) -> Self {
        match origin {
            _ if origin.is_loopback() => Self::Loopback,
            _ if private.contains(origin) => Self::Private,
            _ => Self::Public,
        }
    }

    /// Returns whether an address may be dialed. An IPv4-mapped IPv6 address is judged as the IPv4
    /// address; [`crate::egress::guard::Guarded`] unwraps a translated one (NAT64).
    pub fn allows(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match self {
            Self::Any => true,
            Self::Loopback => address.is_loopback(),
            Self::Public => is_public(address),
            Self::Private => is_public(address) || is_private(address),
        }
    }
}

/// Returns whether `--allow-private` allows an address in addition to the public ones: RFC 1918,
/// carrier-grade NAT and unique local addresses, except the metadata services among them.
pub fn is_private(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let is_in_range = match address {
        IpAddr::V4(v4) => v4.is_private() || is_shared(v4),
        IpAddr::V6(v6) => v6.is_unique_local(),
    };
    is_in_range && !is_metadata(address)
}

fn is_public(address: IpAddr) -> bool {
    let is_global = match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    };
    is_global && !is_metadata(address)
}

/// Returns whether an address is for carrier-grade NAT (RFC 6598).
fn is_shared(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    a == 100 && (64..128).contains(&b)
}

/// Returns whether an address is a cloud's metadata service outside of the link-local ranges, which
/// are never dialed anyway. Metadata services return credentials to any client inside the cloud.
/// Sources: the documentation of Alibaba Cloud, Azure (WireServer), AWS (fd00:ec2::254 and its
/// neighbors), Google Cloud and Oracle Cloud.
fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => matches!(v4.octets(), [100, 100, 100, 200] | [168, 63, 129, 16]),
        IpAddr::V6(v6) => matches!(
            v6.segments(),
            [0xfd00, 0x0ec2, ..]
                | [0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254]
                | [0xfd00, 0x00c1, 0, 0, 0, 0, 0xa9fe, 0xa9fe]
        ),
    }
}

/// Returns whether an address is globally reachable. Source: IANA IPv4 Special-Purpose Address
/// Registry. The metadata service of most clouds (169.254.169.254) is link-local.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || is_shared(address)
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 192 && b == 88 && c == 99) // 6to4 relays, withdrawn
        || address.is_documentation()
        || (a == 198 && (18..20).contains(&b)) // benchmarks
        || a >= 224) // multicast, reserved, broadcast
}

/// Returns whether an address is global unicast (2000::/3), does not stand for an IPv4 one (6to4,
/// Teredo), and is not for documentation. Source: IANA IPv6 Special-Purpose Address Registry.
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

    const PRIVATE: [&str; 7] = [
        "10.1.2.3",
        "100.64.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "::ffff:10.0.0.1",
        "fc00::1",
        "fd12:3456::1",
    ];

    /// Not even the operator can allow these.
    const NEVER: [&str; 29] = [
        "0.0.0.0",
        "100.100.100.200",
        "127.0.0.1",
        "168.63.129.16",
        "169.254.169.254",
        "169.254.170.23",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::808:808",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fd00:c1::a9fe:a9fe",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "2002:a00:1::",
        "2001:0:1::",
        "100::1",
    ];

    const PUBLIC: [&str; 5] =
        ["8.8.8.8", "100.63.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"];

    fn allows(reach: Reach, address: &str) -> bool {
        reach.allows(address.parse().unwrap())
    }

    #[test]
    fn private_and_metadata_addresses_are_never_dialed() {
        for bad in PRIVATE.iter().chain(&NEVER) {
            assert!(!allows(Reach::Public, bad), "{bad}");
        }
        for good in PUBLIC {
            assert!(allows(Reach::Public, good), "{good}");
        }
    }

    #[test]
    fn allow_private_opens_only_private_networks() {
        for good in PRIVATE.iter().chain(&PUBLIC) {
            assert!(allows(Reach::Private, good), "{good}");
        }
        for bad in NEVER {
            assert!(!allows(Reach::Private, bad), "{bad}");
        }
    }

    #[test]
    fn a_loopback_origin_reaches_loopback_only() {
        assert!(allows(Reach::Loopback, "127.0.0.1"));
        assert!(allows(Reach::Loopback, "::1"));
        assert!(!allows(Reach::Loopback, "8.8.8.8"));
        assert!(!allows(Reach::Loopback, "10.0.0.1"));
    }

    #[test]
    fn allow_private_is_for_exactly_one_origin() {
        let origin = |url: &str| Origin::parse(url).unwrap();
        let private = [origin("https://audit.corp.example")];
        assert_eq!(Reach::of(&origin("https://audit.corp.example/v1"), &private), Reach::Private);
        for other in [
            "https://audit.corp.example:8443",
            "https://sub.audit.corp.example",
            "https://graphql.buildkite.com",
        ] {
            assert_eq!(Reach::of(&origin(other), &private), Reach::Public, "{other}");
        }
        assert_eq!(Reach::of(&origin("https://localhost"), &private), Reach::Loopback);
    }
}
