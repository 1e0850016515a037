//! The list of events and its pages.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo, ResolvedValue};

use crate::filter::{Ask, Filter, cursor};
use crate::key::Key;
use crate::node::EventNode;
use crate::options::FULL_PAGE_ROWS_MIN;
use crate::resolved::{Resolved, nullable};
use crate::store::Page;
use crate::world::World;

/// `OrganizationAuditEventConnection`: one page, fixed at its creation.
pub(crate) struct Connection<'w> {
    world: &'w World,
    filter: Filter,
    page: Page,
    has_previous: bool,
}

struct Edge<'w> {
    world: &'w World,
    key: Key,
}

struct PageInfo<'p> {
    page: &'p Page,
    has_previous: bool,
}

impl<'w> Connection<'w> {
    pub fn new(world: &'w World, ask: Ask) -> Self {
        let quirks = world.options.quirks;
        let first = if quirks.short_pages { shortened(&ask) } else { ask.first };
        let mut page = world.store().page(&ask.filter, ask.after, first);
        let is_full = page.keys.len() == ask.first && ask.first >= FULL_PAGE_ROWS_MIN;
        if quirks.false_has_next_on_full && is_full {
            page.has_next = false;
        }
        Self { world, filter: ask.filter, page, has_previous: ask.after.is_some() }
    }
}

/// Returns a page size from 1 to the requested one, which differs from cursor to cursor.
fn shortened(ask: &Ask) -> usize {
    let place = ask.after.map_or(2, |key| (key.time_us / 7).wrapping_add(key.tie).unsigned_abs());
    match u64::try_from(ask.first) {
        Ok(first) if first > 1 => 1 + usize::try_from(place % first).unwrap_or(0),
        _ => ask.first,
    }
}

impl ObjectValue for Connection<'_> {
    fn type_name(&self) -> &str {
        "OrganizationAuditEventConnection"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "count" => {
                // GraphQL integers have 32 bits; no world has that many events.
                let count = i32::try_from(self.world.store().count(&self.filter));
                Ok(ResolvedValue::leaf(count.unwrap_or(i32::MAX)))
            }
            "edges" => {
                let edge = |key: &Key| Edge { world: self.world, key: *key };
                Ok(ResolvedValue::list(
                    self.page.keys.iter().map(move |key| ResolvedValue::object(edge(key))),
                ))
            }
            "pageInfo" => Ok(ResolvedValue::object(PageInfo {
                page: &self.page,
                has_previous: self.has_previous,
            })),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl ObjectValue for Edge<'_> {
    fn type_name(&self) -> &str {
        "OrganizationAuditEventEdge"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "cursor" => Ok(ResolvedValue::leaf(cursor(self.key))),
            "node" => Ok(ResolvedValue::object(EventNode::new(&self.world.synth, self.key))),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

impl ObjectValue for PageInfo<'_> {
    fn type_name(&self) -> &str {
        "PageInfo"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let keys = &self.page.keys;
        match info.field_name() {
            "hasNextPage" => Ok(ResolvedValue::leaf(self.page.has_next)),
            "hasPreviousPage" => Ok(ResolvedValue::leaf(self.has_previous)),
            "startCursor" => Ok(nullable(keys.first().map(|key| cursor(*key)))),
            "endCursor" => Ok(nullable(keys.last().map(|key| cursor(*key)))),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}
