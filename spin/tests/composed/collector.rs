//! A collector of events on loopback: takes newline-delimited JSON, and keeps what it acknowledged, or was about to.

use crate::crash::Crash;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

#[derive(Clone, Default)]
pub struct Collector(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    lines: Vec<String>,
    refusals: u32,
    authorizations: Vec<String>,
}

impl Collector {
    /// Starts it; gives its address, too.
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

    async fn take(&self, request: Request<Incoming>, crash: &Crash) -> Response<Empty<Bytes>> {
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
                Some(left) => (inner.refusals, status) = (left, 503),
                None => inner.lines.extend(body.lines().map(str::to_owned)),
            }
        }
        crash.point().await;
        Response::builder().status(status).body(Empty::new()).unwrap()
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().lines.clone()
    }

    pub fn refuse(&self, times: u32) {
        self.0.lock().unwrap().refusals = times;
    }

    pub fn authorizations(&self) -> Vec<String> {
        self.0.lock().unwrap().authorizations.clone()
    }
}
