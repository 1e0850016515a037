//! The parts of an answer that are read, and which member leads to which.

/// A part of the answer that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The whole answer.
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
    /// One of the edges.
    Edge,
    /// The `node` of an edge.
    Node,
}

/// Which member of which place leads where. Members that are not listed are skipped.
pub const MEMBERS: [(Place, &str, Place); 9] = [
    (Place::Answer, "errors", Place::Errors),
    (Place::Answer, "data", Place::Data),
    // A portal's answer may have no `data` around it: its documentation does not say.
    (Place::Answer, "organization", Place::Organization),
    (Place::Data, "organization", Place::Organization),
    (Place::Organization, "permissions", Place::Permissions),
    (Place::Organization, "auditEvents", Place::Events),
    (Place::Events, "pageInfo", Place::PageInfo),
    (Place::Events, "edges", Place::Edges),
    (Place::Edge, "node", Place::Node),
];

/// What was found at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing so far.
    Absent,
    /// Null.
    Null,
    /// Anything else.
    Present,
}
