//! Bindings for what the engine provides to a service, from the same WIT.

wasmtime::component::bindgen!({
    inline: "
        package test:engine;
        world composed {
            import wasi:config/store@0.2.0-rc.1;
            import wasi:keyvalue/store@0.2.0-draft;
            import wasi:keyvalue/atomics@0.2.0-draft;
            import wasmcloud:messaging/consumer@0.2.0;
            import wasi:logging/logging@0.1.0-draft;
            import wasi:clocks/monotonic-clock@0.2.4;
            import wasi:clocks/wall-clock@0.2.4;
            export wasi:cli/run@0.2.4;
        }
    ",
    path: ["../../wit", "wit"],
    imports: { default: async | trappable },
    exports: { default: async },
    with: {
        "wasi:io": wasmtime_wasi_io::bindings::wasi::io,
        "wasi:keyvalue/store.bucket": crate::host::Bucket,
    },
});
