//! NAT64: IPv6 addresses that stand for IPv4 ones (RFC 6052), as DNS64 returns them in IPv6-only
//! networks.
#![allow(clippy::disallowed_methods, reason = "an answer expires")]

use crate::egress::resolve::Lookup;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The prefix lengths of RFC 6052, section 2.2.
const LENGTHS: [u8; 6] = [32, 40, 48, 56, 64, 96];

/// A name that has only IPv4 addresses, so any IPv6 answer for it comes from DNS64 (RFC 7050).
const IPV4_ONLY: &str = "ipv4only.arpa";

/// The addresses of that name. Source: RFC 7050, section 2.2.
const WELL_KNOWN: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 0, 170), Ipv4Addr::new(192, 0, 0, 171)];

/// Maximum time to look up that name: the connection that waits for it has 30 s in total.
const DISCOVERY_MAX: Duration = Duration::from_secs(5);

/// How long the prefixes found stay valid: the operating system's resolver does not return their TTL.
const FOUND_FOR: Duration = Duration::from_secs(600);

/// How long an empty result stays valid: the network may have been down.
const MISSED_FOR: Duration = Duration::from_secs(60);

/// Maximum number of prefixes that are kept; RFC 7050 expects one or two.
const PREFIXES_MAX: usize = 8;

/// Returns whether an address is in 64:ff9b::/96, where each address stands for an IPv4 address.
pub fn is_well_known(address: Ipv6Addr) -> bool {
    address.to_bits() >> 32 == 0x0064_ff9b_u128 << 64
}

/// Returns whether an address is in 64:ff9b:1::/48, which RFC 8215 reserves for translation.
pub fn is_local_use(address: Ipv6Addr) -> bool {
    address.to_bits() >> 80 == 0x0064_ff9b_0001
}

/// Returns the IPv4 address that an IPv6 one stands for under a prefix of this length, or `None` unless the bits that
/// RFC 6052 requires to be zero are zero.
pub fn embedded(address: Ipv6Addr, length: u8) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let start = usize::from(length / 8);
    // Octet 8 is zero in every layout and never part of the IPv4 address.
    let mut rest = octets.iter().enumerate().skip(start).filter(|(at, _)| *at != 8);
    let mut next = || rest.next().map(|(_, octet)| *octet);
    let inner = Ipv4Addr::new(next()?, next()?, next()?, next()?);
    let is_clean = octets[8] == 0 && rest.all(|(_, octet)| *octet == 0);
    is_clean.then_some(inner)
}

/// Returns the IPv4 addresses that an IPv6 one would stand for under a prefix of each length.
pub fn candidates(address: Ipv6Addr) -> impl Iterator<Item = Ipv4Addr> {
    LENGTHS.into_iter().filter_map(move |length| embedded(address, length))
}

/// A prefix that the network translates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    bits: u128,
    length: u8,
}

impl Prefix {
    /// Returns the prefix in an IPv6 answer for [`IPV4_ONLY`], or `None` unless the answer contains one of the name's
    /// two addresses. At most one layout fits, since the bits around the IPv4 address must be zero.
    fn find(answer: Ipv6Addr) -> Option<Self> {
        let is_in =
            |length: &u8| embedded(answer, *length).is_some_and(|v4| WELL_KNOWN.contains(&v4));
        let length = LENGTHS.into_iter().find(is_in)?;
        Some(Self { bits: high(answer, length), length })
    }

    /// Returns the IPv4 address that an address under this prefix stands for.
    pub fn unwrap(&self, address: Ipv6Addr) -> Option<Ipv4Addr> {
        let is_under = high(address, self.length) == self.bits;
        is_under.then(|| embedded(address, self.length)).flatten()
    }
}

/// Returns the first `length` bits of an address, the others zero.
fn high(address: Ipv6Addr, length: u8) -> u128 {
    address.to_bits() & (u128::MAX << (128 - u32::from(length)))
}

/// The prefixes that were found, and until when they stay valid.
type Known = Option<(Instant, Arc<[Prefix]>)>;

/// The prefixes of this network, looked up when needed. Clones share what was found.
#[derive(Clone, Default)]
pub struct Nat64(Arc<Mutex<Known>>);

impl Nat64 {
    /// Returns the prefixes, with one lookup for all callers that wait, or `None` if it fails or takes too long.
    pub async fn prefixes(&self, lookup: &Lookup) -> Option<Arc<[Prefix]>> {
        let mut known = self.0.lock().await;
        if let Some((until, prefixes)) = &*known
            && Instant::now() < *until
        {
            return Some(Arc::clone(prefixes));
        }
        let answers = tokio::time::timeout(DISCOVERY_MAX, lookup(IPV4_ONLY.to_owned())).await;
        let mut prefixes = Vec::new();
        for answer in answers.ok()?.ok()? {
            if let IpAddr::V6(v6) = answer.ip()
                && let Some(prefix) = Prefix::find(v6)
                && !prefixes.contains(&prefix)
                && prefixes.len() < PREFIXES_MAX
            {
                prefixes.push(prefix);
            }
        }
        let hold = if prefixes.is_empty() { MISSED_FOR } else { FOUND_FOR };
        let prefixes: Arc<[Prefix]> = prefixes.into();
        *known = Some((Instant::now() + hold, Arc::clone(&prefixes)));
        Some(prefixes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v6(text: &str) -> Ipv6Addr {
        text.parse().unwrap()
    }

    /// Source: RFC 6052, section 2.4, with 192.0.2.33 in each layout.
    const LAYOUTS: [(u8, &str); 6] = [
        (32, "2001:db8:c000:221::"),
        (40, "2001:db8:1c0:2:21::"),
        (48, "2001:db8:122:c000:2:2100::"),
        (56, "2001:db8:122:3c0:0:221::"),
        (64, "2001:db8:122:344:c0:2:2100::"),
        (96, "2001:db8:122:344::192.0.2.33"),
    ];

    #[test]
    fn every_layout_of_the_rfc_is_read() {
        for (length, address) in LAYOUTS {
            let inner = embedded(v6(address), length);
            assert_eq!(inner, Some(Ipv4Addr::new(192, 0, 2, 33)), "{address}");
        }
        assert_eq!(embedded(v6("2001:db8:122:c000:102:2100::"), 48), None, "octet 8 is not zero");
        assert_eq!(embedded(v6("2001:db8:122:c000:2:2100::1"), 48), None, "a suffix");
    }

    #[test]
    fn a_prefix_is_found_in_the_answer_for_the_well_known_name() {
        for (answer, length) in [
            ("fd64:0:c000:aa::", 32),
            ("64:ff9b:1:c000:0:aa00::", 48),
            ("64:ff9b:1:12c0:0:ab::", 56),
            ("64:ff9b:1:1234:c0:0:aa00::", 64),
            ("64:ff9b:1::192.0.0.171", 96),
        ] {
            let found = Prefix::find(v6(answer)).unwrap();
            assert_eq!(found, Prefix { bits: high(v6(answer), length), length }, "{answer}");
        }
        for no in ["fd64::1", "fd64::192.0.0.172", "64:ff9b:1:c000:0:aa00::1", "::1"] {
            assert_eq!(Prefix::find(v6(no)), None, "{no}");
        }
    }

    #[test]
    fn reserved_prefixes_are_recognized_by_their_bits() {
        assert!(is_well_known(v6("64:ff9b::3414:101")));
        assert!(!is_well_known(v6("64:ff9b::1:3414:101")));
        assert!(!is_well_known(v6("64:ff9b:1::3414:101")));
        assert!(is_local_use(v6("64:ff9b:1:ffff::1")) && !is_local_use(v6("64:ff9b:2::1")));
    }
}
