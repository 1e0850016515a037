//! TLS: the certificate must be for the host that was asked for, and HTTP/2 is spoken where it is offered.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use bytes::Bytes;
use common::{World, stderr, stdout};
use fake_buildkite::Options;
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// An answer that shows no event.
const EMPTY: &str = r#"{"data":{"organization":{"permissions":{"auditEventsView":{"allowed":true}},"auditEvents":{"pageInfo":{"hasNextPage":false,"endCursor":null},"edges":[]}}}}"#;

/// A server whose certificate, which the command is told to trust, is for this name; with the versions of the requests.
fn serve(world: &World, name: &str, protocols: &[&str]) -> (u16, Arc<Mutex<Vec<Version>>>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    std::fs::write(world.path("roots.pem"), cert.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = world.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    let versions = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&versions);
    world.runtime.spawn(async move {
        // Ends with the runtime.
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, log) = (acceptor.clone(), Arc::clone(&log));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let answer = service_fn(move |request: Request<Incoming>| {
                    log.lock().unwrap().push(request.version());
                    let body = Full::new(Bytes::from_static(EMPTY.as_bytes()));
                    std::future::ready(Ok::<_, Infallible>(Response::new(body)))
                });
                let _ = Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            });
        }
    });
    (port, versions)
}

fn check(world: &World, port: u16, code: i32) -> String {
    world.config(json!({"endpoint": format!("https://localhost:{port}/v1")}));
    let mut command = world.command("check --config c.json");
    let output = command.env("SSL_CERT_FILE", world.path("roots.pem")).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn the_newest_version_that_is_offered_is_spoken() {
    for (offered, version) in
        [(&["h2", "http/1.1"][..], Version::HTTP_2), (&["http/1.1"], Version::HTTP_11)]
    {
        let world = World::with(Options::default());
        let (port, versions) = serve(&world, "localhost", offered);
        let said = check(&world, port, 0);
        assert!(said.contains("passed   TLS"), "{said}");
        assert_eq!(*versions.lock().unwrap(), [version]);
    }
}

#[test]
fn a_certificate_for_another_name_is_not_taken() {
    let world = World::with(Options::default());
    let (port, versions) = serve(&world, "graphql.buildkite.com", &["h2"]);
    let said = check(&world, port, 1);
    let words = "TLS failed: the certificate is not valid for this host";
    assert!(said.contains("failed   TLS") && said.contains(words), "{said}");
    assert!(versions.lock().unwrap().is_empty(), "a request was sent");
}
