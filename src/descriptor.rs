//! The component's description of itself.

use crate::settings::endpoint::DEFAULT_ORIGIN;
pub use crate::settings::schema::SETTINGS_SCHEMA;

/// Name of the connector.
pub const NAME: &str = env!("CARGO_PKG_NAME");
/// Version of the connector.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// JSON Schema of a record's payload.
pub const RECORD_SCHEMA: &str = include_str!("buildkite/record.schema.json");
/// The only origin that the connector requests, unless the settings name another.
pub const ALLOWED_HOSTS: [&str; 1] = [DEFAULT_ORIGIN];
