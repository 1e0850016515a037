//! Routes a guest's HTTP requests to the network, to a script, or nowhere. In all cases, it limits the sizes of request
//! and response bodies.

use crate::credential::held::add;
use crate::egress::mask::{Mask, mask_headers};
use crate::egress::network::{Carried, Network};
use crate::egress::outgoing::{collect, holds_placeholder};
use crate::egress::waits::Waits;
use crate::egress::watched::Watched;
use crate::limits::Limits;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use std::future::Future;
use std::sync::Arc;
use wasmtime_wasi_http::{RequestOptions, WasiHttpHooks};

pub use wasmtime_wasi_http::{Error as HttpError, WasiBody};

/// Answers requests without a network.
pub type Responder = dyn Fn(Request<Bytes>) -> Result<Response<WasiBody>, HttpError> + Send + Sync;

/// Where the requests of an instance go.
#[derive(Clone)]
pub enum Egress {
    /// To the allowed origins, with the operator's token.
    Network(Network),
    /// To a closure, for tests that must not depend on a network.
    Scripted(Arc<Responder>),
    /// Nowhere: every request is denied.
    Closed,
}

/// The hooks that wasmtime calls for one instance.
pub(crate) struct Hooks {
    egress: Egress,
    sizes: Sizes,
}

/// Maximum sizes of bodies, in bytes.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    request: u64,
    response: u64,
}

impl Hooks {
    pub(crate) fn new(egress: Egress, limits: &Limits) -> Self {
        let sizes =
            Sizes { request: limits.request_kib << 10, response: limits.response_mib << 20 };
        Self { egress, sizes }
    }
}

type Io = Box<dyn Future<Output = Result<(), HttpError>> + Send>;
type Answered = Result<(Response<WasiBody>, Io), HttpError>;

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _fut: Io,
    ) -> Box<dyn Future<Output = Answered> + Send> {
        let egress = self.egress.clone();
        let sizes = self.sizes;
        Box::new(async move {
            let waits = Waits::of(options);
            let response = egress.send(request, waits, sizes).await?;
            Ok((response, Box::new(async { Ok(()) }) as Io))
        })
    }
}

impl Egress {
    /// Returns the network, if requests go there.
    pub(crate) fn network(&self) -> Option<&Network> {
        match self {
            Self::Network(network) => Some(network),
            Self::Scripted(_) | Self::Closed => None,
        }
    }

    fn warn(&self, what: &str) {
        match self.network() {
            Some(network) => network.warn(what),
            None => tracing::warn!("{what}"),
        }
    }

    async fn send(
        self,
        request: Request<WasiBody>,
        waits: Waits,
        sizes: Sizes,
    ) -> Result<Response<WasiBody>, HttpError> {
        if let Self::Closed = self {
            return Err(HttpError::HttpRequestDenied);
        }
        let (parts, body) = request.into_parts();
        // Collects the body first, so that a request on a pooled connection that has just closed can be repeated.
        let collected = tokio::time::timeout(waits.first_byte, collect(body, sizes.request))
            .await
            .map_err(|_| HttpError::ConnectionWriteTimeout)?
            .inspect_err(|error| {
                if let HttpError::HttpRequestBodySize(_) = error {
                    self.warn(&format!(
                        "denied a request with a body of more than {} KiB",
                        sizes.request >> 10
                    ));
                }
            })?;
        let request = Request::from_parts(parts, collected);
        if holds_placeholder(&request) {
            self.warn("denied a request with the token's placeholder outside of Authorization");
            return Err(HttpError::HttpRequestDenied);
        }
        match self {
            Self::Closed => Err(HttpError::HttpRequestDenied),
            Self::Network(network) => {
                let mut response = network.send(request, waits).await?;
                let mut secrets = network.secrets();
                if let Some(Carried(tokens)) = response.extensions_mut().remove() {
                    tokens.into_iter().for_each(|token| add(&mut secrets, token));
                }
                mask_headers(response.headers_mut(), &secrets);
                let masks = secrets.iter().map(Mask::new).collect();
                Ok(response
                    .map(|body| Watched::new(body, waits, sizes.response, masks).boxed_unsync()))
            }
            Self::Scripted(respond) => Ok(respond(request)?
                .map(|body| Watched::new(body, waits, sizes.response, Vec::new()).boxed_unsync())),
        }
    }
}
