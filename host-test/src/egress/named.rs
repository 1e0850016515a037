//! An origin as the operator names it in a flag: scheme, host and port, and nothing that would be ignored.

use crate::egress::origin::Origin;
use crate::exit::{Failure, Result};
use source_token::one_line;
use std::net::{IpAddr, Ipv6Addr};

/// Maximum number of characters of an invalid value that are shown.
const SHOWN_CHARS_MAX: usize = 200;

/// Parses the origin that a flag names.
///
/// # Errors
///
/// Returns [`Failure::Refused`] with the flag, what is wrong, and an example of a valid origin.
pub(crate) fn origin(flag: &str, text: &str) -> Result<Origin> {
    read(text).map_err(|why| {
        // The message does not quote a user name or password.
        let shown = if text.contains('@') { "…" } else { text };
        let shown = one_line(shown, SHOWN_CHARS_MAX);
        let help = "write an origin such as https://audit.corp.example or https://10.0.0.7:8443";
        Failure::Refused(format!("{flag} {shown}: {why}; {help}"))
    })
}

fn read(text: &str) -> std::result::Result<Origin, String> {
    if text.contains('@') {
        return Err("must not contain a user name or password".to_owned());
    }
    if text.contains([',', ' ', '\t', '\n']) {
        return Err("must be one origin; repeat the flag for others".to_owned());
    }
    if text.contains('*') {
        return Err("must not contain a wildcard; repeat the flag for each host".to_owned());
    }
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    if is_block(rest) {
        return Err("must not be a block of addresses; repeat the flag for each host".to_owned());
    }
    if !["https", "http"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err("must begin with https:// and a host".to_owned());
    }
    // Browsers add one slash to an origin.
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains(['/', '?', '#', '\\']) {
        return Err("must not have a path, query or fragment: it would be ignored".to_owned());
    }
    let (host, port) = split(rest);
    if !is_host(host) {
        let host = if host.is_empty() { "has no host" } else { "has no valid host" };
        return Err(host.to_owned());
    }
    if port.is_some_and(|port| !is_port(port)) {
        return Err("must have a port from 1 to 65535, or none".to_owned());
    }
    Origin::parse(text)
}

/// Splits host and port. With two or more colons and no brackets, it is an IPv6 address, which is not a valid host.
fn split(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Returns whether this is an address with a prefix length: `10.0.0.0/8`.
fn is_block(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, length)| {
        let address = address.trim_start_matches('[').trim_end_matches(']');
        address.parse::<IpAddr>().is_ok() && length.parse::<u8>().is_ok()
    })
}

/// Returns whether this can be the host of a URL: a name, an IPv4 address, or an IPv6 address in brackets.
pub(crate) fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok()),
        None => {
            let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            // A name has at least one letter or digit: `https://.` is not one.
            host.bytes().all(is_valid) && host.bytes().any(|byte| byte.is_ascii_alphanumeric())
        }
    }
}

/// Returns whether this is a port number from 1 to 65535, in digits only.
fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (good, wanted) in [
            ("https://a.corp", "https://a.corp"),
            ("HTTPS://A.Corp/", "https://a.corp"),
            ("https://a.corp:8443", "https://a.corp:8443"),
            ("https://10.0.0.7:443", "https://10.0.0.7"),
            ("https://[fd12::1]:8443", "https://[fd12::1]:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(origin("--flag", good).unwrap().to_string(), wanted);
        }
    }

    #[test]
    fn anything_but_an_origin_is_refused_with_a_valid_example() {
        for (bad, why) in [
            ("https://a.corp/v1", "must not have a path, query or fragment"),
            ("https://a.corp//", "must not have a path, query or fragment"),
            ("https://a.corp?x", "must not have a path, query or fragment"),
            ("https://a.corp/?x", "must not have a path, query or fragment"),
            ("https://a.corp#x", "must not have a path, query or fragment"),
            ("*", "must not contain a wildcard"),
            ("https://*", "must not contain a wildcard"),
            ("https://*.corp", "must not contain a wildcard"),
            ("10.0.0.0/8", "must not be a block of addresses"),
            ("https://10.0.0.0/8", "must not be a block of addresses"),
            ("https://[fd00::]/8", "must not be a block of addresses"),
            ("fd00::/8", "must not be a block of addresses"),
            ("https://u:secret@a.corp", "must not contain a user name or password"),
            ("secret@a.corp", "must not contain a user name or password"),
            ("https://", "has no host"),
            ("https:///", "has no host"),
            ("https:///v1", "must not have a path"),
            ("https://:8443", "has no host"),
            ("https://.", "has no valid host"),
            ("https://fd12::1", "has no valid host"),
            ("https://[fd12::1", "has no valid host"),
            ("https://[zz]", "has no valid host"),
            ("https://a.corp:", "must have a port"),
            ("https://a.corp:0", "must have a port"),
            ("https://a.corp:99999", "must have a port"),
            ("https://a.corp:+1", "must have a port"),
            ("https://a.corp,https://b.corp", "must be one origin"),
            ("https://a.corp https://b.corp", "must be one origin"),
            ("a.corp", "must begin with https:// and a host"),
            ("ftp://a.corp", "must begin with https:// and a host"),
            ("", "must begin with https:// and a host"),
            ("http://a.corp", "must be https"),
        ] {
            let failure = origin("--flag", bad).unwrap_err();
            assert_eq!(failure.code(), 2);
            let text = failure.to_string();
            assert!(text.starts_with("--flag ") && text.contains(why), "{bad}: {text}");
            assert!(text.contains("such as https://audit.corp.example"), "{text}");
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
