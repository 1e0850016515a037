//! Bindings generated from the WIT.
#![allow(missing_docs, unsafe_code, clippy::all)]

spin_sdk::wit_bindgen::generate!({
    path: ["../../wit", "wit"],
    world: "etl:spin-trigger/trigger",
    runtime_path: "::spin_sdk::wit_bindgen::rt",
    generate_all,
});
