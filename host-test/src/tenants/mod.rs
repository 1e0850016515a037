//! Many tenants in one process, none of them trusted: one folder for each, one component, one state.
//!
//! How a change is processed: [`watch`] (which folders changed) → [`folder`] (the tenant's config) →
//! [`schedule`] (which tenants exist) → [`life`] (whose turn it is) → [`turn`] (one instance, some
//! batches; `access` says where it may send requests) → [`store`] (one transaction for many tenants, [`rows`]) → [`status`] (for the operator).

mod access;
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
