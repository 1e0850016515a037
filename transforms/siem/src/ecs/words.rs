//! ECS's words for what happened: `event.category` and `event.type`.

use crate::table::{Activity, Class, is_identity};

/// Returns the category of an event of this type.
pub fn category(kind: &str, class: Class) -> &'static str {
    match class == Class::Entity && !is_identity(kind) {
        true => "configuration",
        false => "iam",
    }
}

/// Returns the types of an event. ECS allows each of them in its category.
pub fn types((class, activity): (Class, Activity)) -> &'static [&'static str] {
    use Activity as Did;
    match (class, activity) {
        (Class::Entity, Did::Create) => &["creation"],
        (Class::Entity, Did::Read) => &["access"],
        (Class::Entity, Did::Delete) => &["deletion"],
        (Class::Entity, Did::Other) => &["info"],
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
