//! Faults on the way, through the real stack: the command, the component in it, and sockets. Whatever goes wrong, every
//! event arrives once, waits are honored, and memory stays bounded.

mod away;
mod matrix;
mod rows;
