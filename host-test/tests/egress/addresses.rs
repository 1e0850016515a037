//! Which addresses are dialed, and what the operator reads about those that are not. Nothing leaves loopback: the test
//! resolves the names, and each address is refused.

use crate::server::{command, output_of};
use clap::Parser;
use fake_buildkite::Options;
use host_kit::{TOKEN, World};
use host_test::credential::token::Token;
use host_test::egress::hook::Egress;
use host_test::egress::network::Network;
use host_test::egress::origin::Origin;
use host_test::egress::outbound::{Environment, Flags, Outbound};
use host_test::egress::resolve::Lookup;
use host_test::guest::component::{BUNDLED, Plugin};
use host_test::guest::engine::engine;
use host_test::guest::source::{Configuration, Limits, Outcome, Secret, Source};
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    flags: Flags,
}

/// Returns what `check` prints for an endpoint whose name resolves to this address.
async fn check(plugin: &Plugin, line: &str, address: &str) -> String {
    let flags = Line::try_parse_from(format!("x {line}").split_whitespace()).unwrap().flags;
    let address = SocketAddr::new(address.parse().unwrap(), 443);
    let lookup: Lookup = Arc::new(move |_| Box::pin(std::future::ready(Ok(vec![address]))));
    let outbound = Outbound::with(&flags, Environment::Ignored, lookup).unwrap();
    let endpoint = "https://audit.corp.example/v1";
    let origins = vec![Origin::parse(endpoint).unwrap()];
    let token = Some(Token::new(TOKEN).unwrap());
    let limits = Limits::default();
    let network = Network::through(origins, token.map(Into::into), &outbound, &limits).unwrap();
    let mut source = Source::start(plugin, Egress::Network(network), limits, None).await.unwrap();
    let configuration = Configuration {
        settings: json!({"org_slug": "acme", "endpoint": endpoint}).to_string(),
        secrets: vec![Secret {
            name: "api_token".to_owned(),
            value: "set-by-the-host--".to_owned(),
        }],
        checkpoint: None,
    };
    source.configure(&configuration).await.unwrap();
    let findings = source.check().await.unwrap();
    assert!(source.was_denied());
    let failed = findings.into_iter().find(|finding| matches!(finding.outcome, Outcome::Failed));
    failed.unwrap().message
}

#[tokio::test]
async fn a_refused_address_is_named_with_the_flag_that_allows_it_if_one_does() {
    let plugin = Plugin::new(&engine().unwrap(), BUNDLED).unwrap();
    for (address, words) in [
        ("10.0.0.1", "10.0.0.1, a private address"),
        ("100.64.0.1", "100.64.0.1, a private address"),
        ("fd12::1", "fd12::1, a private address"),
        ("64:ff9b::10.0.0.1", "64:ff9b::a00:1 (NAT64 for 10.0.0.1), a private address"),
    ] {
        let message = check(&plugin, "", address).await;
        assert!(message.contains(&format!("audit.corp.example resolves to {words}")), "{message}");
        assert!(
            message.contains("allow it with --allow-private https://audit.corp.example"),
            "{message}"
        );
    }
    let flag = "--allow-private https://audit.corp.example";
    for (line, address) in [
        ("", "127.0.0.1"),
        ("", "169.254.169.254"),
        ("", "64:ff9b::169.254.169.254"),
        (flag, "169.254.169.254"),
        (flag, "fd00:ec2::254"),
        (flag, "64:ff9b::127.0.0.1"),
        (flag, "::1"),
        ("--allow-private https://audit.corp.example:8443", "224.0.0.1"),
    ] {
        let message = check(&plugin, line, address).await;
        let ip: IpAddr = address.parse().unwrap();
        assert!(message.contains(&format!("audit.corp.example resolves to {ip}")), "{message}");
        assert!(
            message.contains("such an address is never allowed")
                && !message.contains("--allow-private"),
            "{message}"
        );
    }
}

#[test]
fn a_private_address_as_the_endpoint_is_refused_with_the_flag_that_allows_it() {
    let world = World::with(Options::default());
    for (host, flag) in [
        ("10.0.0.1", "--allow-private https://10.0.0.1"),
        ("[fd12::1]", "--allow-private https://[fd12::1]"),
        ("192.168.0.1:8443", "--allow-private https://192.168.0.1:8443"),
    ] {
        world.config(json!({"endpoint": format!("https://{host}/v1")}));
        for line in ["check --config c.json", "run --config c.json --output o --once"] {
            let message = output_of(&mut command(&world, line), 2);
            assert!(message.contains(flag), "{message}");
        }
        // A flag for another origin allows nothing, and the log says so.
        let line = "check --config c.json --allow-private https://other.example";
        let message = output_of(&mut command(&world, line), 2);
        assert!(message.contains("https://other.example has no effect"), "{message}");
    }
}
