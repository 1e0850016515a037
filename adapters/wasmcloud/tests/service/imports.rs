//! Tests that the composition imports only what it needs.

use crate::engine::{component, engine};

#[test]
fn the_component_imports_exactly_these_interfaces() {
    let wanted = [
        "wasi:clocks/monotonic-clock@0.2.4", // source: timeouts of an exchange; service: waits
        "wasi:clocks/wall-clock@0.2.4",      // source: what is due; validation of its settings
        "wasi:config/store@0.2.0-rc.1",      // service: settings and token
        "wasi:http/outgoing-handler@0.2.4",  // source: requests to Buildkite
        "wasi:http/types@0.2.4",             // source: the same
        "wasi:io/error@0.2.4",               // source: part of streams
        "wasi:io/poll@0.2.4",                // both: waiting for an answer or the next poll
        "wasi:io/streams@0.2.4",             // source: bodies
        "wasi:keyvalue/atomics@0.2.0-draft", // service: the generation of the latest service of a tenant
        "wasi:keyvalue/store@0.2.0-draft",   // service: checkpoints
        "wasi:logging/logging@0.1.0-draft",  // service: one import, where stdout would take three
        "wasmcloud:messaging/consumer@0.2.0", // service: sending events
        "wasmcloud:messaging/types@0.2.0",   // service: the type of an answer
    ];
    // The transform imports nothing.
    for is_transformed in [false, true] {
        let component = component(is_transformed).component_type();
        let mut imports: Vec<String> =
            component.imports(engine()).map(|(name, _)| name.to_owned()).collect();
        imports.sort();
        assert_eq!(imports, wanted);
    }
}
