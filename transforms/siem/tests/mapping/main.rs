//! Tests of the mapping.
#![allow(clippy::unwrap_used)]

mod leaves;
mod odd;
mod page;
mod samples;
mod types;
mod walk;
