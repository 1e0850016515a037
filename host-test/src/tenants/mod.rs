//! Many tenants in one process, none of them trusted: a folder for each, one component, one state.
//!
//! The way of a change: [`watch`] (which folders changed) → [`folder`] (what a tenant wants, and may
//! not) → [`schedule`] (who is there) → [`life`] (whose turn it is) → [`turn`] (one instance, some
//! batches) → [`store`] (one transaction for many tenants, [`rows`]) → [`status`] (what the operator sees).

pub mod account;
pub mod folder;
pub mod life;
pub mod rows;
pub mod schedule;
pub mod status;
pub mod store;
pub mod supply;
pub mod turn;
pub mod watch;
