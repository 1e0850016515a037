//! The way out for requests: which origins and addresses, through which proxy, with which token and certificates.

pub(crate) mod bypass;
pub(crate) mod chain;
pub(crate) mod dialer;
pub(crate) mod failures;
pub mod guard;
pub(crate) mod handshake;
pub mod hook;
pub(crate) mod mask;
pub(crate) mod named;
pub mod nat64;
pub mod network;
pub mod origin;
pub mod outbound;
pub(crate) mod outgoing;
pub mod prohibited;
pub mod proxy;
pub mod reach;
pub mod resolve;
pub(crate) mod scripted;
pub(crate) mod sent;
pub(crate) mod tls;
pub mod token;
pub(crate) mod tunnel;
pub mod variables;
pub(crate) mod waits;
pub(crate) mod watched;
