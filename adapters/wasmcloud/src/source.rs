//! The composed source, in the words of the loop.

source_driver::composed!(crate::service::bindings::etl::connector::source);
