//! Connects to origins: directly, to addresses that may be dialed, or through the operator's proxy.

use crate::egress::guard::Guarded;
use crate::egress::origin::Origin;
use crate::egress::outbound::Outbound;
use crate::egress::proxy::Proxy;
use crate::egress::reach::Reach;
use crate::egress::tunnel::{self, ProxyConnector, Wire};
use http::Uri;
use hyper_rustls::{HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::ClientConfig;
use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

type BoxError = Box<dyn Error + Send + Sync>;

/// How each allowed origin is reached. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Dialer(Arc<[Way]>);

/// How one origin is reached.
pub(crate) struct Way {
    pub(crate) origin: Origin,
    /// Checks the addresses that may be dialed for it. With a proxy, it checks only an origin that is
    /// written as an address: the proxy resolves names, so the proxy must check what they resolve to.
    pub(crate) guard: Guarded,
    proxy: Option<(Proxy, ProxyConnector)>,
}

impl Way {
    /// Returns the proxy, if requests go through one.
    pub(crate) fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref().map(|(proxy, _)| proxy)
    }
}

impl Dialer {
    /// Creates the connectors to these origins. `tls` is for proxies that use TLS themselves.
    ///
    /// # Errors
    ///
    /// Returns a message that says what is wrong with the proxy's URL, without quoting it.
    pub(crate) fn new(
        origins: Vec<Origin>,
        outbound: &Outbound,
        tls: &ClientConfig,
    ) -> Result<Self, String> {
        let way = |origin: Origin| {
            let guard = outbound.guard(outbound.reach(&origin));
            // The operator named the proxy, which may be in a private network.
            let connector = || {
                HttpsConnectorBuilder::new()
                    .with_tls_config(tls.clone())
                    .https_or_http()
                    .enable_http1()
                    .wrap_connector(tcp(outbound.guard(Reach::Any)))
            };
            let proxy = outbound.proxy(&origin)?.map(|proxy| (proxy, connector()));
            Ok(Way { origin, guard, proxy })
        };
        origins.into_iter().map(way).collect::<Result<_, String>>().map(Self)
    }

    /// Returns how to reach an origin, if it is allowed.
    pub(crate) fn way(&self, origin: &Origin) -> Option<&Way> {
        self.0.iter().find(|way| way.origin == *origin)
    }

    /// Returns all allowed origins.
    pub(crate) fn origins(&self) -> Vec<Origin> {
        self.0.iter().map(|way| way.origin.clone()).collect()
    }
}

fn tcp(guard: Guarded) -> HttpConnector<Guarded> {
    let mut connector = HttpConnector::new_with_resolver(guard);
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector
}

impl Service<Uri> for Dialer {
    type Response = Wire;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Wire, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let way = Origin::of(&uri).and_then(|origin| self.way(&origin));
        match way {
            Some(Way { origin, proxy: Some((proxy, connector)), .. }) => {
                let (proxy, origin, connector) = (proxy.clone(), origin.clone(), connector.clone());
                Box::pin(async move { Ok(tunnel::open(&proxy, &origin, connector).await?) })
            }
            Some(Way { guard, proxy: None, .. }) => {
                let connecting = tcp(guard.clone()).call(uri);
                Box::pin(async move { Ok(MaybeHttpsStream::Http(connecting.await?)) })
            }
            // No request to another origin gets this far.
            None => {
                let error = io::Error::from(io::ErrorKind::PermissionDenied);
                Box::pin(async move { Err(error.into()) })
            }
        }
    }
}
