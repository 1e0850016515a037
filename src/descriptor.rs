//! What the component says about itself.

use crate::settings::endpoint::DEFAULT_ORIGIN;
pub use crate::settings::schema::SETTINGS_SCHEMA;

/// Name of the connector.
pub const NAME: &str = env!("CARGO_PKG_NAME");
/// Its version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// JSON Schema of a record's payload.
pub const RECORD_SCHEMA: &str = include_str!("buildkite/record.schema.json");
/// The one origin it talks to unless the settings name another.
pub const ALLOWED_HOSTS: [&str; 1] = [DEFAULT_ORIGIN];
