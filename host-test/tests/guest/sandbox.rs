//! What a component must not do: import more than is allowed, reach other hosts, or exceed its limits.

use host_kit::World;
use host_test::credential::token::{PLACEHOLDER, Token};
use host_test::egress::hook::Egress;
use host_test::egress::network::Network;
use host_test::egress::origin::Origin;
use host_test::egress::resolve::Lookup;
use host_test::guest::component::{BUNDLED, IMPORTS_ALLOWED, Plugin};
use host_test::guest::engine::engine;
use host_test::guest::source::{CallError, Configuration, Limits, Secret, Source, SourceError};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

fn configuration(endpoint: &str) -> Configuration {
    Configuration {
        settings: format!(r#"{{"org_slug": "example-org", "endpoint": "{endpoint}"}}"#),
        secrets: vec![Secret { name: "api_token".to_owned(), value: PLACEHOLDER.to_owned() }],
        checkpoint: None,
    }
}

#[tokio::test]
async fn names_that_resolve_to_this_machine_or_a_private_network_are_not_dialed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let plugin = Plugin::new(&engine().unwrap(), BUNDLED).unwrap();
    for address in ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1"] {
        let address = SocketAddr::new(address.parse().unwrap(), port);
        let lookup: Lookup = Arc::new(move |_| Box::pin(std::future::ready(Ok(vec![address]))));
        let endpoint = format!("https://graphql.example:{port}/v1");
        let origin = Origin::parse(&endpoint).unwrap();
        let token = Some(Token::new(host_kit::TOKEN).unwrap());
        let egress =
            Egress::Network(Network::new(vec![origin], token, lookup, &Limits::default()).unwrap());
        let mut source = Source::start(&plugin, egress, Limits::default(), None).await.unwrap();
        source.configure(&configuration(&endpoint)).await.unwrap();
        let error = source.read_batch(1).await.unwrap_err();
        assert!(matches!(error, CallError::Source(_)), "{error:?}");
    }
    let error = listener.accept().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "a packet arrived");
}

#[tokio::test]
async fn an_origin_that_is_not_allowed_is_denied() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let plugin = Plugin::new(&engine().unwrap(), BUNDLED).unwrap();
    let allowed = Origin::parse("http://127.0.0.1:1").unwrap();
    let lookup = host_test::egress::resolve::system();
    let egress =
        Egress::Network(Network::new(vec![allowed], None, lookup, &Limits::default()).unwrap());
    let mut source = Source::start(&plugin, egress, Limits::default(), None).await.unwrap();
    source.configure(&configuration(&format!("http://127.0.0.1:{port}/v1"))).await.unwrap();
    source.read_batch(1).await.unwrap_err();
    assert!(listener.accept().is_err(), "a packet arrived");
}

#[test]
fn a_component_that_imports_more_is_refused_and_the_import_is_named() {
    let engine = engine().unwrap();
    let bytes = wat::parse_str(
        r#"(component
            (import "wasi:filesystem/preopens@0.2.6" (instance))
            (import "wasi:http/types@0.2.6" (instance))
            (import "wasi:sockets/tcp@0.2.6" (instance)))"#,
    )
    .unwrap();
    let message = Plugin::new(&engine, &bytes).err().unwrap().to_string();
    assert_eq!(
        message,
        "the component has imports that are not allowed: \
         wasi:filesystem/preopens@0.2.6, wasi:sockets/tcp@0.2.6"
    );
    for bytes in [&b"(component)"[..], b"\0asm\x01\0\0\0", b"nonsense", b""] {
        assert!(Plugin::new(&engine, bytes).is_err());
    }
}

#[test]
fn the_bundled_component_imports_exactly_the_allow_list() {
    let plugin = Plugin::new(&engine().unwrap(), BUNDLED).unwrap();
    let mut names: Vec<&str> =
        plugin.imports.iter().filter_map(|name| name.split('@').next()).collect();
    names.sort_unstable();
    assert_eq!(names, IMPORTS_ALLOWED);
}

#[test]
fn the_bundled_component_is_small() {
    // Optimized for size, it would be 150 kB, but would decode a page at half the speed. Speed matters more.
    assert!(BUNDLED.len() <= 220_000, "{} bytes", BUNDLED.len());
}

#[test]
fn a_remote_that_never_answers_costs_no_more_than_the_time_limit() {
    let options = fake_buildkite::Options {
        fault: Some(Arc::new(|_, _| fake_buildkite::Fault::Hang)),
        ..Default::default()
    };
    let world = World::with(options);
    world.whole_config(&serde_json::json!({
        "settings": {"org_slug": "example-org", "endpoint": world.fake.endpoint()},
        "secrets": {"api_token": {"file": "token"}},
        // Waiting takes no CPU time: its limit, which is lower, is not exceeded.
        "limits": {"call_seconds": 2, "cpu_seconds": 1},
    }));
    let message = world.bad("run --config c.json --once", 1);
    assert!(message.contains("the time limit of 2 s was exceeded"), "{message}");
}

#[tokio::test]
async fn denied_egress_is_an_error_and_not_a_trap() {
    let plugin = Plugin::new(&engine().unwrap(), BUNDLED).unwrap();
    let limits = Limits::default();
    let mut source = Source::start(&plugin, Egress::Closed, limits, None).await.unwrap();
    let error = source.read_batch(1).await.unwrap_err();
    assert!(matches!(error, CallError::Source(SourceError::InvalidConfig(_))), "{error:?}");
    source.configure(&configuration("http://127.0.0.1:1/")).await.unwrap();
    let error = source.read_batch(1).await.unwrap_err();
    assert!(matches!(error, CallError::Source(_)), "{error:?}");
}
