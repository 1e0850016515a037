//! What goes wrong on the way, through the real stack: the command, the component in it, and sockets. Whatever it
//! was, every event arrives once, waits are honoured, and memory stays bounded.
#![allow(clippy::unwrap_used, clippy::panic)]

mod away;
mod matrix;
mod rows;
mod state;
