//! `--about`: what the tap is, can do, and can be set to. The shape is that of the Singer SDK.

use crate::connector::Connector;
use crate::settings::secrets;
use serde_json::{Map, Value, json};

/// Returns the description of the tap.
pub fn about(connector: &Connector) -> Value {
    let mut settings = connector.settings.clone();
    let mut names = Map::new();
    for secret in secrets(&connector.settings) {
        let property = json!({"type": "string", "description": secret.description, "secret": true});
        names.insert(secret.name.to_owned(), property);
        if let (true, Some(required)) = (secret.is_required, settings["required"].as_array_mut()) {
            required.push(json!(secret.name));
        }
    }
    if let Some(keywords) = settings.as_object_mut() {
        keywords.retain(|word, _| !word.starts_with("x-"));
    }
    if let Some(properties) = settings["properties"].as_object_mut() {
        properties.append(&mut names);
    }
    json!({
        "name": "tap-buildkite-audit-logs",
        "description": env!("CARGO_PKG_DESCRIPTION"),
        "version": connector.version,
        "capabilities": ["about", "catalog", "discover", "state"],
        "settings": settings,
    })
}
