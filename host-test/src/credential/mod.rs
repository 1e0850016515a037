//! Credentials: what the `Authorization` header of each request holds, and how it is renewed. No module here makes
//! requests: [`egress`](crate::egress) sends what is ordered here.
//!
//! ```text
//! config ─► method ─► credential ── order: a request for a token ──► egress ═══ remote
//!                       │   ▲                                          │
//!        a token for    │   └────────── grant: the token, its end ─────┘
//!        each request   ▼
//! ```
//!
//! | file | decides |
//! | --- | --- |
//! | `token` | what a token looks like; nothing can print it |
//! | `stored` | when a secret's file is read again |
//! | `key`, `assertion` | how a private key signs a JWT |
//! | `order`, `portal`, `exchange` | how to request a token, and what the response means |
//! | `method` | where tokens come from |
//! | `held` | which token to use now, and when to renew it |

mod assertion;
pub(crate) mod exchange;
pub mod held;
pub(crate) mod key;
pub(crate) mod method;
pub(crate) mod order;
pub(crate) mod portal;
pub(crate) mod stored;
pub mod token;
