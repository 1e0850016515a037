//! The source that is composed in, as the loop wants it.

source_driver::composed!(crate::bindings::etl::connector::source);
