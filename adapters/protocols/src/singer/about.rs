//! `--about`: what the tap is, can do, and can be set to. The shape is that of the Singer SDK.

use crate::settings::schema;
use serde_json::{Value, json};

/// Returns the description of the tap. `source` and `transform` are the schemas of the settings.
pub fn about(source: &Value, transform: &Value) -> Value {
    let mut settings = schema(source, transform, "secret");
    if let Some(keywords) = settings.as_object_mut() {
        keywords.retain(|word, _| !word.starts_with("x-"));
    }
    json!({
        "name": "tap-buildkite-audit-logs",
        "description": env!("CARGO_PKG_DESCRIPTION"),
        "version": env!("CARGO_PKG_VERSION"),
        "capabilities": ["about", "catalog", "discover", "state"],
        "settings": settings,
    })
}
