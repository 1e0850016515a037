//! Keeps queries parsed, since a connector always sends the same one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use apollo_compiler::ExecutableDocument;
use apollo_compiler::response::GraphQLError;
use apollo_compiler::validation::Valid;

use crate::lock::lock;
use crate::schema::SCHEMA;

type Document = Arc<Valid<ExecutableDocument>>;

/// Maximum number of parsed queries to keep. A connector has one or two; when there are more, all are dropped.
const DOCUMENTS_MAX: usize = 16;

/// Parsed queries, by their text.
#[derive(Default)]
pub(crate) struct Documents {
    by_text: Mutex<HashMap<Arc<str>, Document>>,
}

impl Documents {
    /// Returns a parsed and validated query.
    ///
    /// # Errors
    ///
    /// Returns the errors of an invalid query.
    pub fn parsed(&self, query: &Arc<str>) -> Result<Document, Vec<GraphQLError>> {
        if let Some(known) = lock(&self.by_text).get(query) {
            return Ok(Arc::clone(known));
        }
        let parsed = ExecutableDocument::parse_and_validate(&SCHEMA, &**query, "query.graphql")
            .map_err(|invalid| {
                invalid.errors.iter().map(|error| error.to_json()).collect::<Vec<_>>()
            })?;
        let parsed = Arc::new(parsed);
        let mut by_text = lock(&self.by_text);
        if by_text.len() >= DOCUMENTS_MAX {
            by_text.clear();
        }
        by_text.insert(Arc::clone(query), Arc::clone(&parsed));
        Ok(parsed)
    }
}
