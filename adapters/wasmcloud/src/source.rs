//! The composed source, as the loop's [`Source`](source_driver::Source).

source_driver::composed!(crate::bindings::etl::connector::source);
