//! The bindings that wit-bindgen generates.
#![allow(missing_docs, unsafe_code, clippy::all)]

wit_bindgen::generate!({ path: "../../../wit", world: "source-plugin", generate_all });
