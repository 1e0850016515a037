//! Origins that bypass the proxy: `NO_PROXY`.

use crate::egress::origin::Origin;
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

/// Returns whether a list like `NO_PROXY` names this origin. An entry is `*`, a host, a domain that
/// includes its subdomains, an address or a CIDR block, each with or without a port. Entries are
/// separated by commas or spaces.
pub(crate) fn is_direct(list: &str, origin: &Origin) -> bool {
    let entries = list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
    let mut kept = Vec::new();
    for entry in entries {
        let (host, port) = match entry.rsplit_once(':') {
            // With two or more colons and no brackets, it is an IPv6 address.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
            _ => (entry, None),
        };
        if port.is_some_and(|port| port.parse() != Ok(origin.port())) {
            continue;
        }
        let host = host.trim_start_matches('[').trim_end_matches(']');
        // People often write `*.example.com`, where the crate expects `.example.com`.
        kept.push(if host == "*" { host } else { host.trim_start_matches('*') });
    }
    let matcher = Matcher::builder().https("http://proxy.invalid").no(kept.join(",")).build();
    let target: Result<Uri, _> = format!("https://{}", origin.host()).parse();
    target.is_ok_and(|target| matcher.intercept(&target).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_names_hosts_domains_ports_addresses_and_blocks() {
        let host = "https://graphql.buildkite.com";
        for (list, url, is_bypassed) in [
            ("graphql.buildkite.com", host, true),
            ("GraphQL.Buildkite.com", host, true),
            ("buildkite.com", host, true),
            (".buildkite.com", host, true),
            ("*.buildkite.com", host, true),
            ("kite.com", host, false),
            ("graphql.buildkite.com.evil.example", host, false),
            ("*", host, true),
            ("x.example, *", host, true),
            ("x.example graphql.buildkite.com", host, true),
            ("graphql.buildkite.com:443", host, true),
            ("graphql.buildkite.com:8443", host, false),
            ("buildkite.com:8443", "https://graphql.buildkite.com:8443", true),
            ("10.0.0.0/8", "https://10.1.2.3", true),
            ("10.0.0.0/8", "https://11.1.2.3", false),
            ("10.1.2.3", "https://10.1.2.3", true),
            ("10.1.2.3:444", "https://10.1.2.3", false),
            ("2001:db8::/32", "https://[2001:db8::1]", true),
            ("2001:db8::1", "https://[2001:db8::1]", true),
            ("[2001:db8::1]:443", "https://[2001:db8::1]", true),
            ("[2001:db8::1]:444", "https://[2001:db8::1]", false),
            ("", host, false),
            (",, ,", host, false),
        ] {
            assert_eq!(is_direct(list, &Origin::parse(url).unwrap()), is_bypassed, "{list}: {url}");
        }
    }
}
