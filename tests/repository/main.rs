//! Tests the repository itself: its modules are ordered, and its pages name only what exists.

mod architecture;
mod circles;
mod links;
mod order;
