//! The connector's query against the schema: the part kept here, and the whole published one where it is at hand.

use std::path::Path;

use apollo_compiler::{ExecutableDocument, Schema};

fn validate(sdl: &str) -> Result<(), String> {
    let schema = Schema::parse_and_validate(sdl, "schema.graphql")
        .map_err(|invalid| invalid.errors.to_string())?;
    let document =
        ExecutableDocument::parse_and_validate(&schema, fake_buildkite::QUERY, "query.graphql");
    document.map(drop).map_err(|invalid| invalid.errors.to_string())
}

#[test]
fn the_query_is_valid_against_the_audit_part_of_the_schema() {
    assert_eq!(validate(fake_buildkite::SDL), Ok(()));
}

#[test]
fn the_query_is_valid_against_the_whole_schema_where_it_is_at_hand() {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/buildkite/schema.graphql");
    let sdl = std::fs::read_to_string(root).unwrap_or_else(|_| fake_buildkite::SDL.to_owned());
    assert_eq!(validate(&sdl), Ok(()));
}

#[test]
fn the_query_takes_no_fragment_on_a_node_union() {
    for union in ["AuditActorNode", "AuditSubjectNode", "... on User", "... on Team"] {
        assert!(!fake_buildkite::QUERY.contains(union), "{union}");
    }
}
