//! The schema that queries are validated against, and the values of its enums.

use std::collections::HashMap as StdHashMap;
use std::sync::LazyLock;

use apollo_compiler::collections::HashMap;
use apollo_compiler::schema::{ExtendedType, Implementers};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Schema};

/// The SDL: the audit part of Buildkite's published schema.
pub const SDL: &str = include_str!("schema.graphql");

/// The parsed schema.
pub(crate) static SCHEMA: LazyLock<Valid<Schema>> = LazyLock::new(|| {
    Schema::parse_and_validate(SDL, "schema.graphql").expect("the schema is a tested constant")
});

/// Which types implement which interface.
pub(crate) static IMPLEMENTERS: LazyLock<HashMap<Name, Implementers>> =
    LazyLock::new(|| SCHEMA.implementers_map());

/// All event types, in the order of the schema.
pub(crate) static EVENT_TYPES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| enum_values("AuditEventType"));

/// All subject types, in the order of the schema.
pub(crate) static SUBJECT_TYPES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| enum_values("AuditSubjectType"));

/// The subject type of each event type: the longest one that is a prefix of the event type's name.
static SUBJECT_OF: LazyLock<StdHashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let longest = |event: &str| {
        let begins = |subject: &&&str| {
            event.strip_prefix(**subject).is_some_and(|rest| rest.starts_with('_'))
        };
        SUBJECT_TYPES.iter().filter(begins).max_by_key(|subject| subject.len()).copied()
    };
    EVENT_TYPES.iter().filter_map(|event| Some((*event, longest(event)?))).collect()
});

/// Returns the subject type of events of this type, if the type's name implies one.
pub(crate) fn subject_type(event_type: &str) -> Option<&'static str> {
    SUBJECT_OF.get(event_type).copied()
}

fn enum_values(name: &str) -> Vec<&'static str> {
    let schema: &'static Valid<Schema> = &SCHEMA;
    match schema.types.get(name) {
        Some(ExtendedType::Enum(found)) => found.values.keys().map(Name::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_contains_every_published_event_and_subject_type() {
        assert_eq!(EVENT_TYPES.len(), 184);
        assert_eq!(SUBJECT_TYPES.len(), 53);
    }

    #[test]
    fn the_longest_matching_subject_type_is_chosen() {
        assert_eq!(subject_type("CLUSTER_QUEUE_TOKEN_CREATED"), Some("CLUSTER_QUEUE_TOKEN"));
        assert_eq!(subject_type("SECRET_READ"), Some("SECRET"));
        assert_eq!(subject_type("STORAGE_CREATED"), None);
    }
}
