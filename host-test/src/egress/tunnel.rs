//! A connection through an HTTP proxy: CONNECT, and what the proxy's answer means.

use crate::egress::chain::{find, innermost};
use crate::egress::guard::Guarded;
use crate::egress::handshake;
use crate::egress::origin::Origin;
use crate::egress::peer::Peer;
use crate::egress::proxy::Proxy;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use std::error::Error;
use std::fmt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tower_service::Service;

/// Maximum size of the head of a proxy's answer, in bytes: hyper's minimum is ample.
const HEAD_BYTES_MAX: usize = 8 << 10;

/// A connection to a proxy or an origin, before TLS with the origin.
pub(crate) type Wire = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Connects to proxies.
pub(crate) type ProxyConnector = HttpsConnector<HttpConnector<Guarded>>;

type BoxError = Box<dyn Error + Send + Sync>;

/// Why a tunnel could not be opened. The message names the proxy without its credentials, and says what to do.
#[derive(Debug)]
pub(crate) struct ProxyError {
    proxy: String,
    host: String,
    source: &'static str,
    target: String,
    fault: Fault,
}

/// What the proxy did.
#[derive(Debug)]
enum Fault {
    /// The connection to the proxy failed, or TLS with the proxy itself failed.
    Unreachable(BoxError),
    /// It asked for credentials or refused them. The flag says whether credentials were sent.
    Credentials(bool),
    Status(StatusCode),
    /// It did not answer with valid HTTP/1.
    Garbage(hyper::Error),
    /// It sent bytes before the host did, which a TLS server never does.
    Early,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { proxy, host, source, target, fault } = self;
        match fault {
            Fault::Unreachable(error) => match tls(&**error) {
                Some(error) => {
                    let peer = Peer { name: format!("the proxy {proxy}"), host, source };
                    f.write_str(&handshake::explain(error, &peer).1)
                }
                None => {
                    let why = innermost(&**error);
                    write!(f, "the proxy {proxy} cannot be reached: {why}; check {source}")
                }
            },
            Fault::Credentials(false) => write!(
                f,
                "the proxy {proxy} requires credentials (HTTP 407); put them in {source}, as \
                 http://USER:PASSWORD@HOST:PORT"
            ),
            Fault::Credentials(true) => write!(
                f,
                "the proxy {proxy} refused the credentials in {source} (HTTP 407); check them; \
                 only Basic authentication is supported"
            ),
            Fault::Status(StatusCode::FORBIDDEN) => write!(
                f,
                "the proxy {proxy} does not allow connections to {target} (HTTP 403); have the \
                 proxy allow it, or bypass the proxy (NO_PROXY, or --proxy none) if the host is \
                 reachable directly"
            ),
            Fault::Status(status) => write!(
                f,
                "the proxy {proxy} answered HTTP {} to CONNECT {target}; check that it is an HTTP \
                 proxy and can reach that host",
                status.as_u16()
            ),
            Fault::Garbage(error) => write!(
                f,
                "the proxy {proxy} did not answer CONNECT {target} as an HTTP proxy does ({}); \
                 check the scheme, host and port in {source}",
                innermost(error)
            ),
            Fault::Early => write!(
                f,
                "the proxy {proxy} sent data into the tunnel to {target} before TLS began; check \
                 the host and port in {source}"
            ),
        }
    }
}

impl Error for ProxyError {}

/// Returns the TLS error, if TLS is what failed.
fn tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    // The chain is finite by construction.
    std::iter::successors(Some(error), |&error| error.source()).find_map(find)
}

/// Opens a connection to the origin through the proxy. The caller adds TLS with the origin, so the
/// proxy sees the origin's host and port but never the token. The caller also limits the time.
pub(crate) async fn open(
    proxy: &Proxy,
    origin: &Origin,
    mut connector: ProxyConnector,
) -> Result<Wire, ProxyError> {
    let target = format!("{}:{}", origin.host(), origin.port());
    let fail = |fault| ProxyError {
        proxy: proxy.name.clone(),
        host: proxy.uri.host().unwrap_or_default().to_owned(),
        source: proxy.source,
        target: target.clone(),
        fault,
    };
    let garbage = |error| fail(Fault::Garbage(error));
    let wire =
        connector.call(proxy.uri.clone()).await.map_err(|error| fail(Fault::Unreachable(error)))?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .handshake(wire)
        .await
        .map_err(garbage)?;
    // Dropping the set ends the task, however this function ends.
    let mut task = JoinSet::new();
    task.spawn(connection.with_upgrades());
    let mut request = Request::builder()
        .method(Method::CONNECT)
        .uri(&target)
        .header(header::HOST, &target)
        .body(Empty::<Bytes>::new())
        .map_err(|error| fail(Fault::Unreachable(error.into())))?;
    if let Some(auth) = &proxy.auth {
        request.headers_mut().insert(header::PROXY_AUTHORIZATION, auth.clone());
    }
    let answer = sender.send_request(request).await.map_err(garbage)?;
    match answer.status() {
        status if status.is_success() => {}
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            return Err(fail(Fault::Credentials(proxy.auth.is_some())));
        }
        status => return Err(fail(Fault::Status(status))),
    }
    let upgraded = hyper::upgrade::on(answer).await.map_err(garbage)?;
    match upgraded.downcast::<Wire>() {
        Ok(parts) if parts.read_buf.is_empty() => Ok(parts.io),
        // The upgraded connection is always the one that was passed in.
        Ok(_) | Err(_) => Err(fail(Fault::Early)),
    }
}

#[cfg(test)]
mod tests {
    use crate::egress::network::Network;
    use crate::egress::origin::Origin;
    use crate::egress::outbound::tests::outbound;
    use crate::egress::waits::Waits;
    use crate::limits::Limits;
    use bytes::Bytes;
    use http::Request;
    use std::time::{Duration, Instant};
    use wasmtime_wasi_http::Error as HttpError;

    #[tokio::test]
    async fn a_proxy_that_never_answers_is_subject_to_the_connect_timeout() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = silent.local_addr().unwrap();
        let outbound = outbound(&format!("--proxy http://u:secret@{proxy}"), "10.0.0.1").unwrap();
        let url = "https://graphql.example/v1";
        let origins = vec![Origin::parse(url).unwrap()];
        let network = Network::through(origins, None, &outbound, &Limits::default()).unwrap();
        let waits = Waits {
            connect: Duration::from_millis(100),
            first_byte: Duration::from_secs(30),
            between_bytes: Duration::from_secs(30),
        };
        let request = Request::post(url).body(Bytes::from("a body")).unwrap();
        let began = Instant::now();
        let error = network.send(request, waits).await.unwrap_err();
        assert!(matches!(error, HttpError::ConnectionTimeout), "{error:?}");
        assert!(began.elapsed() < Duration::from_secs(20));
        let mut cause = String::new();
        network.take_cause().unwrap().explain(&mut cause);
        let wanted = format!(
            "connection to https://graphql.example through the proxy http://{proxy} timed out"
        );
        assert!(cause.contains(&wanted) && !cause.contains("secret"), "{cause}");
        assert_eq!(network.take_cause(), None);
    }
}
