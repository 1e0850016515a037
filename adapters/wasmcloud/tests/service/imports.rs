//! The composition imports what it needs and nothing else.

use crate::engine::{component, engine};

#[test]
fn the_imports_are_exactly_these() {
    let mut imports: Vec<String> =
        component().component_type().imports(engine()).map(|(name, _)| name.to_owned()).collect();
    imports.sort();
    let wanted = [
        "wasi:clocks/monotonic-clock@0.2.4", // source: limits of an exchange; service: waits
        "wasi:clocks/wall-clock@0.2.4",      // source: what is due, and checks of its settings
        "wasi:config/store@0.2.0-rc.1",      // service: settings and token
        "wasi:http/outgoing-handler@0.2.4",  // source: requests to Buildkite
        "wasi:http/types@0.2.4",             // source: the same
        "wasi:io/error@0.2.4",               // source: part of streams
        "wasi:io/poll@0.2.4",                // both: waiting for an answer, or for the next look
        "wasi:io/streams@0.2.4",             // source: bodies
        "wasi:keyvalue/atomics@0.2.0-draft", // service: the number of the latest service of a tenant
        "wasi:keyvalue/store@0.2.0-draft",   // service: checkpoints
        "wasi:logging/logging@0.1.0-draft",  // service: one import, where stdout has three
        "wasmcloud:messaging/consumer@0.2.0", // service: events out
        "wasmcloud:messaging/types@0.2.0",   // service: the type of an answer
    ];
    assert_eq!(imports, wanted);
}
