//! Computes the cost of queries in Buildkite's complexity points. Source: Buildkite's "GraphQL resource
//! limits": scalars and enums are free, every object counts 1, and the contents of a list count once
//! per item.
//!
//! The list of edges counts 1 as a whole, and the edges themselves count nothing: the documentation's
//! example is `organization 1 + pipelines 1 + edges 1 + node 500`.

use std::collections::HashSet;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Operation, Selection, SelectionSet, Value};
use apollo_compiler::response::{JsonMap, JsonValue};

use crate::filter::PAGE_MAX;

/// Maximum complexity that a single query may request, in points.
const SINGLE_QUERY_MAX: i64 = 50_000;

/// Maximum nesting depth of a query.
const DEPTH_MAX: usize = 15;

/// Returns Buildkite's message if `requested` is more than a single query may request.
pub(crate) fn too_much(requested: i64) -> Option<String> {
    (requested > SINGLE_QUERY_MAX).then(|| {
        let max = SINGLE_QUERY_MAX;
        format!("Query has complexity of {requested}, which exceeds max complexity of {max}")
    })
}

/// Returns the maximum cost of a query, assuming that every page is full.
///
/// # Errors
///
/// Returns the message of the GraphQL error if the query is nested too deeply.
pub(crate) fn requested(
    document: &ExecutableDocument,
    operation: &Operation,
    variables: &JsonMap,
) -> Result<i64, String> {
    let walk = Walk { document, variables };
    walk.set(&operation.selection_set, Place { depth: 1, times: 1, page: 1 }, &mut HashSet::new())
}

/// Returns the cost of an answer, which is its number of objects. Null costs nothing.
pub(crate) fn actual(data: &JsonMap) -> i64 {
    data.iter().map(|(_, value)| objects(value, 1)).sum()
}

fn objects(value: &JsonValue, own: i64) -> i64 {
    match value {
        JsonValue::Object(fields) => own + actual(fields),
        JsonValue::Array(items) => 1 + items.iter().map(|item| objects(item, 0)).sum::<i64>(),
        _ => 0,
    }
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    variables: &'a JsonMap,
}

/// The position of the walk: its depth, how often everything here occurs, and the size of the
/// enclosing page.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    times: i64,
    page: i64,
}

impl<'a> Walk<'a> {
    fn set(
        &self,
        set: &'a SelectionSet,
        at: Place,
        visited: &mut HashSet<&'a str>,
    ) -> Result<i64, String> {
        if at.depth > DEPTH_MAX {
            return Err(format!(
                "Query has depth of {}, which exceeds max depth of {DEPTH_MAX}",
                at.depth
            ));
        }
        let mut sum = 0_i64;
        for selection in &set.selections {
            let points = match selection {
                Selection::InlineFragment(inline) => {
                    self.set(&inline.selection_set, at, visited)?
                }
                Selection::FragmentSpread(spread) => {
                    // A fragment spread twice in the same place counts once.
                    let fragment = self.document.fragments.get(&spread.fragment_name);
                    match fragment.filter(|_| visited.insert(&spread.fragment_name)) {
                        Some(fragment) => self.set(&fragment.selection_set, at, visited)?,
                        None => 0,
                    }
                }
                Selection::Field(field) if field.selection_set.selections.is_empty() => 0,
                Selection::Field(field) => {
                    let mut inside = Place { depth: at.depth + 1, ..at };
                    match field.name.as_str() {
                        "auditEvents" => {
                            inside.page = self.page(field.argument_by_name("first").ok())
                        }
                        "edges" => inside.times = at.times.saturating_mul(at.page),
                        _ => {}
                    }
                    let below = self.set(&field.selection_set, inside, &mut HashSet::new())?;
                    below.saturating_add(at.times)
                }
            };
            sum = sum.saturating_add(points);
        }
        Ok(sum)
    }

    fn page(&self, first: Option<&apollo_compiler::Node<Value>>) -> i64 {
        let page_max = i64::try_from(PAGE_MAX).unwrap_or(i64::MAX);
        let asked = first.and_then(|value| match &**value {
            Value::Variable(name) => self.variables.get(name.as_str())?.as_i64(),
            literal => literal.to_i32().map(i64::from),
        });
        asked.map_or(page_max, |first| first.clamp(0, page_max))
    }
}
