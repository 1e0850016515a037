//! The sync: a high-water mark and a list of gaps, what to request next, and what each page changes.

pub mod binding;

pub mod gap;

pub mod follow;

pub mod delivered;

pub mod undated;

pub mod rejected_types;

pub mod walk;

pub mod tail;

pub mod rest;

pub mod pace;

pub mod state;

pub mod plan;

pub mod hand_out;

pub mod absorb;

pub mod recover;

pub mod batch;

pub mod receive;
