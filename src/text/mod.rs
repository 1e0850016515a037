//! JSON, base64, UUIDs and time as text.

pub mod time;

pub mod uuid;

pub mod json;

pub mod object;

pub mod reader;

pub mod scan;

pub mod base64;
