//! The result of resolving a field.

use apollo_compiler::resolvers::{FieldError, ResolvedValue};
use apollo_compiler::response::JsonValue;

/// What a resolver returns.
pub(crate) type Resolved<'a> = Result<ResolvedValue<'a>, FieldError>;

/// Returns a leaf that may be null.
pub(crate) fn nullable<'a>(value: Option<impl Into<JsonValue>>) -> ResolvedValue<'a> {
    ResolvedValue::Leaf(value.map_or(JsonValue::Null, Into::into))
}
