//! Tests this repository itself: its modules are in order, and its pages name what exists.

mod architecture;
mod circles;
mod links;
mod order;
