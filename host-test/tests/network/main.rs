//! Egress: certificates, proxies, private addresses, and what the operator reads about each.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../common/mod.rs"]
mod common;

mod addresses;
mod proxied;
mod proxy;
mod server;
mod trust;
