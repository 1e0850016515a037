//! The class and the activity of an event, in the numbers of OCSF.

use crate::table::{Activity, Class, meaning};

/// The class and the activity of one event.
pub struct Rule {
    /// `None` for the base event.
    pub class: Option<Class>,
    pub class_uid: u16,
    pub class_name: &'static str,
    pub activity_id: u8,
    /// `None` for an activity that OCSF has no name for. It gets the name of the source.
    pub activity_name: Option<&'static str>,
}

/// The number of an activity that OCSF has no name for.
const OTHER: u8 = 99;

/// The version before Account Change became User Management, and teams updatable.
const BEFORE_USER_MANAGEMENT: &str = "1.8.0";

impl Rule {
    /// The rule of an event that fits no class.
    const BASE: Self = Self {
        class: None,
        class_uid: 0,
        class_name: "Base Event",
        activity_id: 0,
        activity_name: Some("Unknown"),
    };

    /// Returns the rule of an event of this type.
    pub fn of(kind: &str, version: &str) -> Self {
        if kind.is_empty() {
            return Self::BASE;
        }
        let (class, activity) = meaning(kind);
        let is_new = version != BEFORE_USER_MANAGEMENT;
        let (class_uid, class_name, number) = match class {
            Class::Entity => (3004, "Entity Management", entity(activity)),
            Class::Group => (3006, "Group Management", group(activity, is_new)),
            Class::User if is_new => (3007, "User Management", user(activity)),
            Class::User => (3001, "Account Change", account(activity)),
        };
        let (activity_id, activity_name) =
            number.map_or((OTHER, None), |(number, name)| (number, Some(name)));
        Self { class: Some(class), class_uid, class_name, activity_id, activity_name }
    }

    /// Returns the name of the category.
    pub fn category_name(&self) -> &'static str {
        match self.class {
            Some(_) => "Identity & Access Management",
            None => "Uncategorized",
        }
    }
}

/// Number and name of an activity.
type Number = Option<(u8, &'static str)>;

fn entity(activity: Activity) -> Number {
    Some(match activity {
        Activity::Create => (1, "Create"),
        Activity::Read => (2, "Read"),
        Activity::Update => (3, "Update"),
        Activity::Delete => (4, "Delete"),
        Activity::Enable => (8, "Enable"),
        Activity::Disable => (9, "Disable"),
        Activity::Activate => (10, "Activate"),
        Activity::Deactivate => (11, "Deactivate"),
        _ => return None,
    })
}

fn group(activity: Activity, can_update: bool) -> Number {
    Some(match activity {
        Activity::AssignPrivileges => (1, "Assign Privileges"),
        Activity::RevokePrivileges => (2, "Revoke Privileges"),
        Activity::AddUser => (3, "Add User"),
        Activity::RemoveUser => (4, "Remove User"),
        Activity::Delete => (5, "Delete"),
        Activity::Create => (6, "Create"),
        Activity::Update if can_update => (9, "Update"),
        _ => return None,
    })
}

/// The activities of Account Change. It has none for an update.
fn account(activity: Activity) -> Number {
    Some(match activity {
        Activity::Create => (1, "Create"),
        Activity::ResetPassword => (4, "Password Reset"),
        Activity::Delete => (6, "Delete"),
        Activity::EnableMfa => (10, "MFA Factor Enable"),
        Activity::DisableMfa => (11, "MFA Factor Disable"),
        _ => return None,
    })
}

/// The activities of User Management.
fn user(activity: Activity) -> Number {
    Some(match activity {
        Activity::Create => (1, "Create"),
        Activity::Update => (2, "Update"),
        Activity::Delete => (3, "Delete"),
        Activity::ResetPassword => (9, "Password Reset"),
        Activity::EnableMfa => (12, "Enable MFA Factors"),
        Activity::DisableMfa => (13, "Disable MFA Factors"),
        _ => return None,
    })
}
