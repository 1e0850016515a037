//! An address that must not be dialed, and its message.

use crate::egress::reach::{Reach, is_private};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// An address that must not be dialed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prohibited {
    pub(crate) address: IpAddr,
    /// The IPv4 address that it stands for behind NAT64.
    pub(crate) inner: Option<Ipv4Addr>,
    pub(crate) reach: Reach,
}

impl Prohibited {
    /// Returns whether `--allow-private` would allow it.
    pub fn is_private(&self) -> bool {
        self.reach == Reach::Public && is_private(self.inner.map_or(self.address, IpAddr::V4))
    }
}

impl fmt::Display for Prohibited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.address)?;
        if let Some(inner) = self.inner {
            write!(f, " (NAT64 for {inner})")?;
        }
        f.write_str(match self.reach {
            Reach::Loopback => ", which is not a loopback address",
            _ if self.is_private() => ", a private address",
            _ => ", a loopback, link-local, metadata, translated or reserved address",
        })
    }
}

impl std::error::Error for Prohibited {}
