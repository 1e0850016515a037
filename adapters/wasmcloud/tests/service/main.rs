//! Tests the unmodified composition of service and source on real sockets and a bucket on disk: what arrives,
//! even after a crash, a fault or the start of a second service, and what the component imports.
#![allow(missing_docs, unsafe_code, clippy::unwrap_used, clippy::panic)] // For the generated bindings, and for tests.

#[allow(clippy::all)]
mod bindings;
mod crashes;
mod egress;
mod engine;
mod faults;
mod host;
mod imports;
mod kept;
mod messaging;
mod receiver;
mod service;
mod sync;
mod time;
mod two;
mod world;
