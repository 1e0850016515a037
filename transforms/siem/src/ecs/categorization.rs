//! `event.category` and `event.type`, ECS's categorization fields.

use crate::table::{Activity, Class, is_identity};

/// Returns the category of an event of this type.
pub fn category(kind: &str, class: Class) -> &'static str {
    match class == Class::Entity && !is_identity(kind) {
        true => "configuration",
        false => "iam",
    }
}

/// Returns the types of an event, which ECS expects in its category.
pub fn types(category: &str, (class, activity): (Class, Activity)) -> &'static [&'static str] {
    use Activity as Did;
    match (class, activity) {
        (Class::Entity, Did::Create) => &["creation"],
        (Class::Entity, Did::Read) if category == "configuration" => &["access"],
        (Class::Entity, Did::Read | Did::Other) => &["info"],
        (Class::Entity, Did::Delete) => &["deletion"],
        (Class::Entity, _) => &["change"],
        (Class::Group, Did::Create) => &["group", "creation"],
        (Class::Group, Did::Delete) => &["group", "deletion"],
        (Class::Group, _) => &["group", "change"],
        (Class::User, Did::Create) => &["user", "creation"],
        (Class::User, Did::Delete) => &["user", "deletion"],
        (Class::User, Did::Other) => &["user", "info"],
        (Class::User, _) => &["user", "change"],
    }
}
