//! The composed source, in the words of the loop.

source_driver::composed!(crate::bindings::etl::connector::source);
