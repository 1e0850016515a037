//! Connects the exports of components to the imports of another.

use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions};

/// Composes `plugs`, each with its name, into `socket`. Binds each import of `socket` that one of them exports; all
/// other imports remain.
///
/// # Errors
///
/// Returns a message that says what does not fit.
pub fn plug(socket: Vec<u8>, plugs: Vec<(&str, Vec<u8>)>) -> Result<Vec<u8>, String> {
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
    let plugs: Result<Vec<_>, String> =
        plugs.into_iter().map(|(name, bytes)| add(name, bytes)).collect();
    wac_graph::plug(&mut graph, plugs?, socket).map_err(|error| format!("{error:#}"))?;
    graph.encode(EncodeOptions::default()).map_err(|error| format!("{error:#}"))
}
