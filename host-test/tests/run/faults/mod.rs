//! Faults of the network and the remote, through the real stack: the command, its component, and sockets. Whatever goes
//! wrong, every event arrives once, waits are honored, and memory stays bounded.

mod away;
mod matrix;
mod rows;
