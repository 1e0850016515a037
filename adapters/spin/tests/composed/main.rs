//! Runs the composed application in wasmtime with Spin's interfaces, over real sockets.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod collector;
mod crash;
mod host;
mod keyvalue;
mod poll;
mod refusals;
mod transform;
mod world;

#[allow(clippy::all)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "wit/deps/keyvalue",
        inline: r#"
            package test:spin;
            package spin:variables@3.0.0 {
                interface variables {
                    variant error { invalid-name(string), undefined(string), provider(string), other(string) }
                    get: async func(name: string) -> result<string, error>;
                }
            }
            world host {
                import wasi:keyvalue/store@0.2.0-draft2;
                import wasi:keyvalue/atomics@0.2.0-draft2;
                import spin:variables/variables@3.0.0;
            }
        "#,
        world: "test:spin/host",
        imports: { default: async | trappable },
        with: {
            "wasi:keyvalue/store.bucket": crate::keyvalue::Bucket,
            "wasi:keyvalue/atomics.cas": crate::keyvalue::Cas,
        },
    });
}
