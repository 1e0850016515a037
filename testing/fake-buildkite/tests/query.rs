//! Validates the connector's query against the schema: the part kept here, and the whole published one
//! if `BUILDKITE_SCHEMA` names its file.

use apollo_compiler::{ExecutableDocument, Schema};

fn validate(sdl: &str) -> Result<(), String> {
    let schema = Schema::parse_and_validate(sdl, "schema.graphql")
        .map_err(|invalid| invalid.errors.to_string())?;
    let document =
        ExecutableDocument::parse_and_validate(&schema, fake_buildkite::QUERY, "query.graphql");
    document.map(drop).map_err(|invalid| invalid.errors.to_string())
}

#[test]
fn the_query_is_valid_against_the_schema() {
    assert_eq!(validate(fake_buildkite::SDL), Ok(()));
    if let Some(file) = std::env::var_os("BUILDKITE_SCHEMA") {
        let whole = std::fs::read_to_string(&file).expect("BUILDKITE_SCHEMA names a file");
        assert_eq!(validate(&whole), Ok(()), "{}", file.display());
    }
}

#[test]
fn the_query_has_no_fragment_on_a_node_union() {
    for union in ["AuditActorNode", "AuditSubjectNode", "... on User", "... on Team"] {
        assert!(!fake_buildkite::QUERY.contains(union), "{union}");
    }
}
