//! The service's HTTP: real sockets and one allowed origin, like the engine's `allowedHosts`.

use std::future::Future;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

type Body = http_body_util::Full<Bytes>;
type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Answered = Result<(Response<WasiBody>, Io), Error>;

pub struct Egress {
    client: Client<HttpConnector, Body>,
    authority: String,
}

impl Egress {
    pub fn new(authority: String) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), authority }
    }
}

impl WasiHttpHooks for Egress {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Io,
    ) -> Box<dyn Future<Output = Answered> + Send> {
        let is_allowed = request.uri().scheme_str() == Some("http")
            && request.uri().authority().is_some_and(|it| it.as_str() == self.authority);
        let client = self.client.clone();
        Box::new(async move {
            if !is_allowed {
                return Err(Error::HttpRequestDenied);
            }
            let failed =
                |error: &dyn std::fmt::Display| Error::InternalError(Some(error.to_string()));
            let (parts, body) = request.into_parts();
            let body = body.collect().await?.to_bytes();
            let request = Request::from_parts(parts, Body::new(body));
            let response = client.request(request).await.map_err(|error| failed(&error))?;
            let response = response.map(|body| {
                body.map_err(|error| Error::InternalError(Some(error.to_string()))).boxed_unsync()
            });
            Ok((response, Box::new(async { Ok(()) }) as Io))
        })
    }
}
