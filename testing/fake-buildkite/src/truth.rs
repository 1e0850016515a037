//! What a connector should deliver: every event, exactly as an answer shows it. The shape is taken from
//! a query, and rendered by the same engine that answers requests.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{FragmentMap, Selection, SelectionSet};
use apollo_compiler::resolvers::{Execution, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::validation::Valid;

use crate::event::{Event, shown_time};
use crate::key::Key;
use crate::node::EventNode;
use crate::resolved::Resolved;
use crate::schema::{IMPLEMENTERS, SCHEMA};
use crate::synth::Synth;

/// One event, as it should arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// The UUID of the event.
    pub uuid: String,
    /// The time at which it occurred, in microseconds since 1970. Answers show it with less precision.
    pub occurred_at_us: i64,
    /// The time at which it occurred, as answers show it: in milliseconds with `Z`.
    pub occurred_at: String,
    /// Its `AuditEventType`.
    pub kind: String,
    /// The JSON of `node`, byte for byte as in an answer to
    /// [`Options::query`](crate::Options::query).
    pub node: String,
}

/// The selection under `edges { node }` of a query, turned into a query of its own.
pub(crate) struct Shape(Valid<ExecutableDocument>);

/// The path from the root of a query to its events.
const PATH: [&str; 4] = ["organization", "auditEvents", "edges", "node"];

impl Shape {
    /// Returns the shape of a query.
    ///
    /// # Errors
    ///
    /// Returns a message if the query is invalid, selects no events, or selects them by variables.
    pub fn of(query: &str) -> Result<Self, String> {
        let parse = |text: &str| {
            ExecutableDocument::parse_and_validate(&SCHEMA, text, "query.graphql").map_err(
                |invalid| format!("Options::query is not a valid query: {}", invalid.errors),
            )
        };
        let document = parse(query)?;
        let selection = document
            .operations
            .iter()
            .find_map(|operation| descend(&operation.selection_set, &document.fragments, &PATH))
            .ok_or("Options::query selects no organization { auditEvents { edges { node } } }")?;
        let mut text = format!("{{ auditEvent(uuid: \"\") {selection} }}\n");
        for name in spread_in(selection, &document.fragments) {
            if let Some(fragment) = document.fragments.get(name.as_str()) {
                text.push_str(&fragment.to_string());
            }
        }
        parse(&text).map(Self)
    }

    /// Returns the truth about one event.
    pub fn truth(&self, synth: &Synth, key: Key) -> Truth {
        let Event { uuid, kind, .. } = Event::new(synth, key.index(), key.time_us);
        Truth {
            uuid: uuid.to_string(),
            occurred_at_us: key.time_us,
            occurred_at: shown_time(key.time_us),
            kind: kind.to_owned(),
            node: self.node(synth, key),
        }
    }

    fn node(&self, synth: &Synth, key: Key) -> String {
        let response = Execution::new(&SCHEMA, &self.0)
            .implementers_map(&IMPLEMENTERS)
            .execute_sync(&OneEvent { synth, key });
        let data = response.ok().and_then(|response| response.data);
        let node = data.as_ref().and_then(|data| data.get("auditEvent"));
        serde_json::to_string(&node)
            .expect("maps with string keys and finite numbers always serialize")
    }
}

/// A root that contains a single event.
struct OneEvent<'w> {
    synth: &'w Synth,
    key: Key,
}

impl ObjectValue for OneEvent<'_> {
    fn type_name(&self) -> &str {
        "Query"
    }

    fn resolve_field<'a>(&'a self, _info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        Ok(ResolvedValue::object(EventNode::new(self.synth, self.key)))
    }
}

/// Returns the selection at the end of a path of fields, following fragments. This terminates, since a
/// valid query's fragments form no cycle.
fn descend<'d>(
    set: &'d SelectionSet,
    fragments: &'d FragmentMap,
    path: &[&str],
) -> Option<&'d SelectionSet> {
    let Some((next, rest)) = path.split_first() else { return Some(set) };
    set.selections.iter().find_map(|selection| match selection {
        Selection::Field(field) if field.name == *next => {
            descend(&field.selection_set, fragments, rest)
        }
        Selection::Field(_) => None,
        Selection::InlineFragment(inline) => descend(&inline.selection_set, fragments, path),
        Selection::FragmentSpread(spread) => {
            descend(&fragments.get(&spread.fragment_name)?.selection_set, fragments, path)
        }
    })
}

/// Returns the names of all fragments that a selection uses, each once.
fn spread_in(set: &SelectionSet, fragments: &FragmentMap) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut open = vec![set];
    // Each fragment is opened once, so this terminates.
    while let Some(set) = open.pop() {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => open.push(&field.selection_set),
                Selection::InlineFragment(inline) => open.push(&inline.selection_set),
                Selection::FragmentSpread(spread) => {
                    let name = spread.fragment_name.to_string();
                    if !names.contains(&name) {
                        open.extend(fragments.get(name.as_str()).map(|at| &at.selection_set));
                        names.push(name);
                    }
                }
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_preserves_order_aliases_and_fragments() {
        let query = "query { organization(slug: \"x\") { ...Events } }
            fragment Events on Organization { auditEvents(first: 1) { edges { node { ...Node } } } }
            fragment Node on AuditEvent { when: occurredAt actor { ...Actor } type }
            fragment Actor on AuditActor { name }";
        let synth = Synth::new(1);
        let node = Shape::of(query).unwrap().truth(&synth, Key { time_us: 0, tie: 1 }).node;
        assert!(node.starts_with("{\"when\":\"1970-01-01T00:00:00.000Z\",\"actor\":"), "{node}");
    }

    #[test]
    fn a_query_without_events_has_no_shape() {
        assert!(Shape::of("{ organization { name } }").is_err());
        assert!(Shape::of("{ nonsense }").is_err());
    }
}
