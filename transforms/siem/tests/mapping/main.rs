//! Tests of the mapping.

mod leaves;
mod odd;
mod samples;
mod types;
