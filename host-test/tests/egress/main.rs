//! Outgoing requests: the token, certificates, proxies, private addresses, and what the operator reads about each.
#![allow(clippy::unwrap_used, clippy::panic)]

mod addresses;
mod credential;
mod portal;
mod proxied;
mod proxy;
mod server;
mod token;
mod trust;
