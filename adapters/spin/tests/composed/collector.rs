//! A collector of events on loopback. It accepts newline-delimited JSON and keeps what it acknowledged or was about to
//! acknowledge. The body of its answer never ends, which must not matter.

use crate::crash::Crash;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::net::TcpListener;

/// A body that never ends, sent as fast as it is read.
pub struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 4096])))))
    }
}

#[derive(Clone, Default)]
pub struct Collector(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    lines: Vec<String>,
    refusals: u32,
    refusal: u16,
    authorizations: Vec<String>,
}

impl Collector {
    /// Starts a collector and returns it with its address.
    pub async fn start(crash: Crash) -> (Self, String) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let it = collector.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (it, crash) = (it.clone(), crash.clone());
                let answer = service_fn(move |request| {
                    let (it, crash) = (it.clone(), crash.clone());
                    async move { Ok::<_, Infallible>(it.take(request, &crash).await) }
                });
                tokio::spawn(async move {
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ = connection.serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        (collector, url)
    }

    async fn take(&self, request: Request<Incoming>, crash: &Crash) -> Response<Endless> {
        assert_eq!(request.headers()["content-type"], "application/x-ndjson");
        let authorization = request.headers().get("authorization");
        let authorization = authorization.map_or(String::new(), |it| it.to_str().unwrap().into());
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.ends_with('\n'));
        crash.point().await;
        let mut status = 200;
        {
            let mut inner = self.0.lock().unwrap();
            inner.authorizations.push(authorization);
            match inner.refusals.checked_sub(1) {
                Some(left) => (inner.refusals, status) = (left, inner.refusal),
                None => inner.lines.extend(body.lines().map(str::to_owned)),
            }
        }
        crash.point().await;
        Response::builder().status(status).body(Endless).unwrap()
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().lines.clone()
    }

    pub fn refuse(&self, times: u32, status: u16) {
        let mut inner = self.0.lock().unwrap();
        (inner.refusals, inner.refusal) = (times, status);
    }

    pub fn authorizations(&self) -> Vec<String> {
        self.0.lock().unwrap().authorizations.clone()
    }
}
