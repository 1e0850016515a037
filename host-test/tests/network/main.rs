//! The way out: certificates, proxies, private addresses, and what the operator reads about each.
#![allow(clippy::unwrap_used, clippy::panic)]

mod addresses;
mod proxied;
mod proxy;
mod server;
mod trust;
