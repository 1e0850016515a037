//! What each type of event means. This is the only place that knows Buildkite's types.

use self::Activity::*;
use self::Class::*;

/// What an event is about. Decides its OCSF class and the object that holds the event's subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Anything that Buildkite manages: pipelines, tokens, secrets, settings.
    Entity,
    /// A team, its members and what it may access.
    Group,
    /// The account of a person.
    User,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Activity {
    Create,
    Read,
    Update,
    Delete,
    Enable,
    Disable,
    Activate,
    Deactivate,
    AddUser,
    RemoveUser,
    AssignPrivileges,
    RevokePrivileges,
    ResetPassword,
    EnableMfa,
    DisableMfa,
    /// Nothing that the schemas have a name for.
    Other,
}

/// Types whose suffix does not say what they mean.
#[rustfmt::skip]
const TYPES: [(&str, Class, Activity); 28] = [
    ("TEAM_CREATED",                                     Group,  Create),
    ("TEAM_UPDATED",                                     Group,  Update),
    ("TEAM_DELETED",                                     Group,  Delete),
    ("TEAM_MEMBER_CREATED",                              Group,  AddUser),
    ("TEAM_MEMBER_UPDATED",                              Group,  Update),
    ("TEAM_MEMBER_DELETED",                              Group,  RemoveUser),
    ("TEAM_PIPELINE_CREATED",                            Group,  AssignPrivileges),
    ("TEAM_PIPELINE_UPDATED",                            Group,  Update),
    ("TEAM_PIPELINE_DELETED",                            Group,  RevokePrivileges),
    ("TEAM_REGISTRY_CREATED",                            Group,  AssignPrivileges),
    ("TEAM_REGISTRY_UPDATED",                            Group,  Update),
    ("TEAM_REGISTRY_DELETED",                            Group,  RevokePrivileges),
    ("TEAM_SECRET_CREATED",                              Group,  AssignPrivileges),
    ("TEAM_SECRET_UPDATED",                              Group,  Update),
    ("TEAM_SECRET_DELETED",                              Group,  RevokePrivileges),
    ("TEAM_SUITE_CREATED",                               Group,  AssignPrivileges),
    ("TEAM_SUITE_UPDATED",                               Group,  Update),
    ("TEAM_SUITE_DELETED",                               Group,  RevokePrivileges),
    ("ORGANIZATION_MEMBER_CREATED",                      User,   Create),
    ("ORGANIZATION_MEMBER_UPDATED",                      User,   Update),
    ("ORGANIZATION_MEMBER_DELETED",                      User,   Delete),
    ("USER_UPDATED",                                     User,   Update),
    ("USER_IMPERSONATED",                                User,   Other),
    ("USER_PASSWORD_RESET",                              User,   ResetPassword),
    ("USER_PASSWORD_RESET_REQUESTED",                    User,   Other),
    ("USER_TOTP_ACTIVATED",                              User,   EnableMfa),
    ("USER_TOTP_DELETED",                                User,   DisableMfa),
    // The token itself remains; what it may access changes.
    ("API_ACCESS_TOKEN_ORGANIZATION_ACCESS_REVOKED",     Entity, Update),
];

/// Suffixes that decide the activity of every other type, so that a new type needs no new version. The first match counts.
#[rustfmt::skip]
const SUFFIXES: [(&str, Activity); 21] = [
    ("_ACCESS_ADDED",             Update),
    ("_ACCESS_REMOVED",           Update),
    ("_PLAN_ADDED",               Update),
    ("_PLAN_CHANGE_CANCELED",     Update),
    ("_ADDED",                    Create),
    ("_CREATED",                  Create),
    ("_QUERIED",                  Read),
    ("_READ",                     Read),
    ("_CHANGED",                  Update),
    ("_MARKED_PRIMARY",           Update),
    ("_REGENERATED",              Update),
    ("_ROTATED",                  Update),
    ("_UPDATED",                  Update),
    ("_DELETED",                  Delete),
    ("_DESTROYED",                Delete),
    ("_REMOVED",                  Delete),
    ("_REVOKED",                  Delete),
    ("_ENABLED",                  Enable),
    ("_DISABLED",                 Disable),
    ("_ACTIVATED",                Activate),
    ("_CANCELED",                 Deactivate),
];

/// Prefixes of types that are about identities, though their subject is not an account. ECS has a category for them.
const IDENTITY_PREFIXES: [&str; 4] =
    ["USER_", "ORGANIZATION_INVITATION_", "ORGANIZATION_IMPERSONATION_", "SSO_PROVIDER_"];

/// Returns what a type means.
pub fn meaning(kind: &str) -> (Class, Activity) {
    if let Some((_, class, activity)) = TYPES.iter().find(|(name, ..)| *name == kind) {
        return (*class, *activity);
    }
    let suffix = SUFFIXES.iter().find(|(suffix, _)| kind.ends_with(suffix));
    (Entity, suffix.map_or(Other, |(_, activity)| *activity))
}

/// Returns whether a type is about identities, though its subject is not an account.
pub fn is_identity(kind: &str) -> bool {
    IDENTITY_PREFIXES.iter().any(|prefix| kind.starts_with(prefix))
}
