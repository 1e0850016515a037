//! Bindings generated from the WIT of the world.
#![allow(missing_docs, unsafe_code, clippy::all)]

wit_bindgen::generate!({ path: ["../../wit", "wit"], world: "buildkite:wasmcloud/service", generate_all });
