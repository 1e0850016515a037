//! The names of the steps of a check, in order.

/// The settings and secrets are valid.
pub const SETTINGS: &str = "settings";
/// The endpoint answers.
pub const ENDPOINT: &str = "endpoint reachable";
/// Its certificate is trusted.
pub const TLS: &str = "TLS";
/// The token is known.
pub const TOKEN: &str = "token accepted";
/// The token may use GraphQL.
pub const GRAPHQL: &str = "token has GraphQL access";
/// The event types of the settings are known.
pub const TYPES: &str = "event types";
/// The token's user belongs to the organization.
pub const ORGANIZATION: &str = "organization visible";
/// The token's user may read the audit log.
pub const PERMISSION: &str = "audit log permitted";
/// The answer has a known shape.
pub const ANSWER: &str = "answer understood";
/// When the newest event occurred.
pub const NEWEST: &str = "newest event";
/// How far the host's clock is off.
pub const CLOCK: &str = "clock";
/// How much of the rate limit is left.
pub const POINTS: &str = "rate limit";

/// The steps that fail because of the configuration.
pub const OF_CONFIGURATION: [&str; 2] = [SETTINGS, TYPES];
/// The steps that fail because of credentials or permissions.
pub const OF_ACCESS: [&str; 4] = [TOKEN, GRAPHQL, ORGANIZATION, PERMISSION];
