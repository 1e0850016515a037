//! JSON, base64, UUIDs and time as text. A module uses only those declared above it.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

pub mod time;

pub mod uuid;

pub mod json;

pub mod object;

pub mod reader;

pub mod scan;

pub mod fields;

pub mod base64;
