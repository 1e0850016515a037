//! Connects the exports of one component to the imports of another.

use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions};

/// Composes `plug` into `socket`. Binds each import of `socket` that `plug` exports; all other imports remain.
///
/// # Errors
///
/// Returns a message that says what does not fit.
pub fn plug(socket: Vec<u8>, plug: Vec<u8>) -> Result<Vec<u8>, String> {
    let mut graph = CompositionGraph::new();
    let mut add = |name: &str, bytes: Vec<u8>| {
        let package = Package::from_bytes(name, None, bytes, graph.types_mut());
        let package =
            package.map_err(|error| format!("the {name} is not a component: {error:#}"))?;
        graph
            .register_package(package)
            .map_err(|error| format!("the {name} does not fit: {error:#}"))
    };
    let socket = add("socket", socket)?;
    let plug = add("plug", plug)?;
    wac_graph::plug(&mut graph, vec![plug], socket).map_err(|error| format!("{error:#}"))?;
    graph.encode(EncodeOptions::default()).map_err(|error| format!("{error:#}"))
}
