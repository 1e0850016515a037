//! The way out for requests: which origins and addresses, through which proxy, with which token and certificates.

mod bypass;
mod dialer;
mod failures;
pub mod guard;
mod handshake;
pub mod hook;
mod mask;
pub mod nat64;
pub mod network;
pub mod origin;
pub mod outbound;
mod outgoing;
pub mod prohibited;
pub mod proxy;
pub mod reach;
pub mod resolve;
mod scripted;
mod sent;
mod tls;
pub mod token;
mod tunnel;
pub mod variables;
mod watched;
