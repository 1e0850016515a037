//! Resolves host names.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

type Found = io::Result<Vec<SocketAddr>>;
type Finding = Pin<Box<dyn Future<Output = Found> + Send>>;

/// Resolves a host name. Tests supply their own resolver.
pub type Lookup = Arc<dyn Fn(String) -> Finding + Send + Sync>;

/// Returns the resolver of the operating system.
pub fn system() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect::<Vec<_>>()) })
    })
}
