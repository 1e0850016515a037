//! A remote that misbehaves and records the requests.

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// What the remote saw of one request.
#[derive(Debug, Clone)]
pub struct Seen {
    pub path: String,
    pub host: String,
    pub authorization: String,
    pub all: String,
}

/// The remote. It listens on loopback until it is dropped.
pub struct Remote {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Vec<Seen>>>,
    /// Number of open connections.
    pub open: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl Remote {
    pub fn start(evil: SocketAddr) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, open) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (log, count) = (Arc::clone(&seen), Arc::clone(&open));
        runtime.spawn(async move {
            // Ends with the runtime.
            while let Ok((stream, _)) = listener.accept().await {
                let (log, count) = (Arc::clone(&log), Arc::clone(&count));
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let answer = service_fn(move |request| {
                        let log = Arc::clone(&log);
                        async move { Ok::<_, Infallible>(answer(request, &log, evil).await) }
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), answer)
                        .await;
                    count.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, seen, open, _runtime: runtime }
    }
}

async fn answer(request: Request<Incoming>, log: &Mutex<Vec<Seen>>, evil: SocketAddr) -> Answer {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let text = |name: header::HeaderName| {
        let value = parts.headers.get(name);
        value.map_or(String::new(), |value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let all = format!("{:?} {}", parts.headers, String::from_utf8_lossy(&body));
    let path = parts.uri.path().to_owned();
    let echo = text(header::AUTHORIZATION);
    log.lock().unwrap().push(Seen {
        path: path.clone(),
        host: text(header::HOST),
        authorization: echo.clone(),
        all,
    });
    let whole = |text: String| {
        let once = body_of(vec![text.into_bytes()], Duration::ZERO, false);
        Response::new(once)
    };
    match path.as_str() {
        "/redirect" => {
            let mut response = whole("elsewhere".into());
            *response.status_mut() = http::StatusCode::FOUND;
            let place = format!("http://{evil}/stolen");
            response.headers_mut().insert(header::LOCATION, place.parse().unwrap());
            response
        }
        "/echo" => {
            let mut response = whole(format!("you said {echo}, and again {echo}"));
            response.headers_mut().insert("x-echo", echo.parse().unwrap());
            response
        }
        "/slow" => Response::new(body_of(vec![b"x".to_vec()], Duration::from_millis(50), true)),
        "/endless" => Response::new(body_of(vec![vec![b'x'; 1 << 16]], Duration::ZERO, true)),
        "/head" => {
            let mut response = whole("x".into());
            for number in 0..90 {
                let name: header::HeaderName = format!("x-{number}").parse().unwrap();
                response.headers_mut().insert(name, "y".repeat(1_000).parse().unwrap());
            }
            response
        }
        _ => whole("fine".into()),
    }
}

/// Returns a body of these pieces, each after a pause, once or forever.
fn body_of(
    pieces: Vec<Vec<u8>>,
    pause: Duration,
    is_endless: bool,
) -> UnsyncBoxBody<Bytes, Infallible> {
    let (sender, receiver) = tokio::sync::mpsc::channel::<Vec<u8>>(1);
    tokio::spawn(async move {
        // Ends when the reader is gone.
        loop {
            for piece in &pieces {
                tokio::time::sleep(pause).await;
                if sender.send(piece.clone()).await.is_err() {
                    return;
                }
            }
            if !is_endless {
                return;
            }
        }
    });
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let frames = tokio_stream::StreamExt::map(stream, |piece| Ok(Frame::data(Bytes::from(piece))));
    UnsyncBoxBody::new(StreamBody::new(frames))
}
