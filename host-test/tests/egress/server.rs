//! Servers that speak TLS, with certificates from a private CA.

use bytes::Bytes;
use host_kit::World;
use http::{Request, Response, Version, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::convert::Infallible;
use std::process::Command;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// An answer without events.
const EMPTY: &str = r#"{"data":{"organization":{"permissions":{"auditEventsView":{"allowed":true}},"auditEvents":{"pageInfo":{"hasNextPage":false,"endCursor":null},"edges":[]}}}}"#;

/// HTTP version and token of a request.
pub type Seen = (Version, Option<String>);

pub struct Server {
    pub port: u16,
    pub seen: Arc<Mutex<Vec<Seen>>>,
}

/// Writes a CA into `ca.pem`. Returns an acceptor whose certificate for this name is valid in these years.
pub fn acceptor(world: &World, name: &str, years: (i32, i32), protocols: &[&str]) -> TlsAcceptor {
    acceptor_with(world, name, protocols, |params| {
        params.not_before = date_time_ymd(years.0, 1, 1);
        params.not_after = date_time_ymd(years.1, 1, 1);
    })
}

/// Like [`acceptor`], with a certificate that is changed before it is signed.
pub fn acceptor_with(
    world: &World,
    name: &str,
    protocols: &[&str],
    change: impl FnOnce(&mut CertificateParams),
) -> TlsAcceptor {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    // Two CAs with the same name would be mistaken for each other.
    params.distinguished_name.push(DnType::CommonName, format!("CA of {name}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let ca = params.self_signed(&key).unwrap();
    std::fs::write(world.path("ca.pem"), ca.pem()).unwrap();
    let issuer = Issuer::new(params, key);
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let cert = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// Starts a server with a valid certificate for this name.
pub fn serve(world: &World, name: &str) -> Server {
    serve_with(world, acceptor(world, name, (2020, 4000), &["h2", "http/1.1"]))
}

pub fn serve_with(world: &World, acceptor: TlsAcceptor) -> Server {
    let listener = world.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    world.runtime.spawn(async move {
        // Ends with the runtime.
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, log) = (acceptor.clone(), Arc::clone(&log));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let answer = service_fn(move |request: Request<Incoming>| {
                    let token = request.headers().get(header::AUTHORIZATION);
                    let token = token.map(|token| token.to_str().unwrap().to_owned());
                    log.lock().unwrap().push((request.version(), token));
                    let body = Full::new(Bytes::from_static(EMPTY.as_bytes()));
                    std::future::ready(Ok::<_, Infallible>(Response::new(body)))
                });
                let _ = Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            });
        }
    });
    Server { port, seen }
}

/// Starts a server that answers each connection with these bytes and closes it.
pub fn answering(bytes: &'static [u8]) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Ends with the process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // Reads the client's hello first: closing with unread data would reset the connection.
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
            let _ = std::io::Write::write_all(&mut stream, bytes);
        }
    });
    port
}

/// Returns the command without the proxy and certificate variables of this process's environment.
pub fn command(world: &World, line: &str) -> Command {
    let mut command = world.command(line);
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    command
}

/// Runs the command and asserts its exit code. Returns its standard output and error.
pub fn output_of(command: &mut Command, code: i32) -> String {
    let output = command.output().unwrap();
    let message = host_kit::stdout(&output) + &host_kit::stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    message
}
