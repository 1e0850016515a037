//! JSON, base64 and time as they are written.

pub mod time;

pub mod uuid;

pub mod json;

pub mod object;

pub mod reader;

pub mod compact;

pub mod base64;
