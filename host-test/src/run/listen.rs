//! An address to listen on, given as HOST:PORT. The host may be a name.

use crate::egress::named::is_host;
use crate::exit::{Failure, Result};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, lookup_host};

/// Maximum time to resolve a name. The names of this machine are usually in `/etc/hosts`, so this is ample.
const LOOK_UP_MAX: Duration = Duration::from_secs(10);

/// The value of `--metrics`, an unresolved `HOST:PORT`. It is not checked while the flags are parsed, because Clap's
/// error would quote a password in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen(String);

impl From<String> for Listen {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Display for Listen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Listen {
    /// Checks that the value of `flag` has a valid form.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] with the reason and an example, without quoting the value.
    pub fn insist(&self, flag: &str) -> Result<()> {
        let text = self.0.as_str();
        let is_digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        let is_port = |port: &str| is_digits(port) && port.parse::<u16>().is_ok();
        let why = match text.rsplit_once(':') {
            _ if text.contains("://") => "is a URL",
            _ if text.contains('@') => "has a user or a password, which metrics do not use",
            _ if text.contains('/') => "has a path or a network mask",
            None => "has no port",
            Some((_, port)) if !is_port(port) => "has no valid port (0 to 65535)",
            Some((host, _)) if !is_host(host) => "has no valid host",
            Some(_) => return Ok(()),
        };
        Err(Failure::Refused(format!(
            "{flag} {why}; write HOST:PORT, such as 127.0.0.1:9000, localhost:9000 or [::1]:9000"
        )))
    }

    /// Listens on the first available address. Tries loopback addresses first.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`], naming `flag`, if the name is unknown or no address is
    /// available.
    pub async fn bind(&self, flag: &str) -> Result<TcpListener> {
        let refuse = |why: String| Failure::Refused(format!("{flag} {self}: {why}"));
        let found = tokio::time::timeout(LOOK_UP_MAX, lookup_host(&self.0))
            .await
            .map_err(|_| {
                refuse(format!("the name was not resolved within {} s", LOOK_UP_MAX.as_secs()))
            })?
            .map_err(|error| refuse(format!("cannot resolve the name: {error}")))?;
        let mut why = "the name has no address".to_owned();
        for address in ordered(found.collect()) {
            match TcpListener::bind(address).await {
                Ok(listener) => return Ok(listener),
                Err(error) => why = format!("cannot listen on {address}: {error}"),
            }
        }
        Err(refuse(why))
    }
}

/// Sorts addresses: loopback before others, and IPv4 before IPv6.
fn ordered(mut all: Vec<SocketAddr>) -> Vec<SocketAddr> {
    all.sort_by_key(|address| (!address.ip().is_loopback(), address.is_ipv6()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_a_host_and_a_port() {
        for good in ["localhost:9000", "127.0.0.1:0", "[::1]:9000", "metrics.internal:65535"] {
            assert!(Listen(good.to_owned()).insist("--metrics").is_ok(), "{good}");
        }
        for bad in [
            "",
            "9000",
            ":9000",
            "localhost",
            "localhost:",
            "::1:9000",
            "[zz]:9000",
            "localhost:65536",
            "localhost:+1",
            "*:9000",
            "u:secret@localhost:9000",
            "localhost:9000/metrics",
            "10.0.0.0/8:9000",
            "http://localhost:9000",
        ] {
            let why = Listen(bad.to_owned()).insist("--metrics").unwrap_err().to_string();
            assert!(why.contains("HOST:PORT, such as 127.0.0.1:9000"), "{bad}: {why}");
            assert!(!why.contains("secret"), "{why}");
        }
    }

    #[test]
    fn loopback_comes_first() {
        let all = ["192.0.2.7:1", "[::1]:1", "[2001:db8::1]:1", "127.0.0.1:1"];
        let all = all.map(|address| address.parse().unwrap()).to_vec();
        let names: Vec<String> = ordered(all).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["127.0.0.1:1", "[::1]:1", "192.0.2.7:1", "[2001:db8::1]:1"]);
    }
}
