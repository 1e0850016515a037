//! Tests of the mapping.
#![allow(clippy::unwrap_used)]

mod leaves;
mod odd;
mod samples;
mod types;
mod walk;
