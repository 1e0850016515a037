//! Exports of the world that return constants.
#![allow(missing_docs, unsafe_code)] // For the generated bindings.

#[allow(clippy::all)]
mod bindings {
    wit_bindgen::generate!({ path: "../../../wit", world: "source-plugin", generate_all });
}

use bindings::exports::etl::connector::source::{
    Batch, Configuration, Descriptor, Error, Finding, Guest,
};

struct Constant;

bindings::export!(Constant with_types_in bindings);

impl Guest for Constant {
    fn describe() -> Descriptor {
        Descriptor {
            name: String::new(),
            version: String::new(),
            settings_schema: String::new(),
            record_schema: String::new(),
            allowed_hosts: Vec::new(),
        }
    }

    fn configure(_: Configuration) -> Result<(), Error> {
        Ok(())
    }

    fn check() -> Result<Vec<Finding>, Error> {
        Ok(Vec::new())
    }

    fn read_batch(_: u32) -> Result<Batch, Error> {
        Err(Error::Transient(String::new()))
    }

    fn checkpoint() -> Result<String, Error> {
        Ok(String::new())
    }
}
