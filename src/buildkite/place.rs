//! The places of an answer that are looked at, and which member leads to which.

/// A place in the answer that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The answer as a whole.
    Answer,
    /// `errors`, kept raw.
    Errors,
    /// `data`.
    Data,
    /// `data.organization`.
    Organization,
    /// `permissions` of the organization, kept raw.
    Permissions,
    /// `auditEvents` of the organization.
    Events,
    /// `pageInfo` of the events, kept raw.
    PageInfo,
    /// `edges` of the events.
    Edges,
    /// One of them.
    Edge,
    /// Its `node`.
    Node,
}

/// Which member of which place leads where; what is not here is passed over.
pub const MEMBERS: [(Place, &str, Place); 9] = [
    (Place::Answer, "errors", Place::Errors),
    (Place::Answer, "data", Place::Data),
    // A portal's answer may have no `data` round it: its documentation does not say.
    (Place::Answer, "organization", Place::Organization),
    (Place::Data, "organization", Place::Organization),
    (Place::Organization, "permissions", Place::Permissions),
    (Place::Organization, "auditEvents", Place::Events),
    (Place::Events, "pageInfo", Place::PageInfo),
    (Place::Events, "edges", Place::Edges),
    (Place::Edge, "node", Place::Node),
];

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing, so far.
    Absent,
    /// Null.
    Null,
    /// Something else.
    Present,
}
