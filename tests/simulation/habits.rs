//! The behavior of the host and of the remote, both from the seed.

use fastrand::Rng;

use crate::remote::Quirks;
use crate::story::one_of;

/// The behavior of the host.
#[derive(Debug, Clone)]
pub struct Habits {
    /// Whether records and checkpoint are stored in one transaction; otherwise records are stored first.
    pub is_atomic: bool,
    /// Whether every batch gets a new instance.
    pub drops_instances: bool,
    /// Share of batches whose checkpoint is not stored.
    pub skips: f64,
    /// Share of batches during which the host crashes.
    pub crashes: f64,
    /// Share of requests that fail.
    pub faults: f64,
    /// Share of restarts with other settings.
    pub changes: f64,
    /// How often the host's clock jumps.
    pub jumps: f64,
    /// Maximum number of records per batch.
    pub max_records: u32,
}

impl Habits {
    /// Generates habits from the seed.
    pub fn new(rng: &mut Rng, page: u32) -> Self {
        let mut habits = Self {
            is_atomic: rng.u8(0..3) > 0,
            drops_instances: rng.u8(0..8) == 0,
            skips: one_of(rng, &[0.0, 0.0, 0.3]),
            crashes: one_of(rng, &[0.0, 0.05, 0.3, 1.0]),
            faults: one_of(rng, &[0.0, 0.1, 0.4]),
            changes: one_of(rng, &[0.0, 0.0, 0.5, 1.0]),
            jumps: one_of(rng, &[0.0, 0.0, 0.02]),
            max_records: one_of(rng, &[1, 7, 30, 200, 1_000]),
        };
        if habits.changes == 1.0 {
            // Most settings matter while a page is in progress.
            (habits.crashes, habits.max_records) = (0.3, 30);
        }
        if habits.drops_instances {
            // Each batch of a page reads the page again.
            habits.max_records = habits.max_records.max(page.div_ceil(4));
        }
        // Some runs are calm, so that any delay in them is without reason.
        if rng.u8(0..4) == 0 {
            (habits.skips, habits.crashes, habits.faults) = (0.0, 0.0, 0.0);
            (habits.changes, habits.jumps) = (0.0, 0.0);
        }
        habits
    }
}

/// Generates quirks from the seed.
pub fn quirks(rng: &mut Rng, page: usize) -> Quirks {
    Quirks {
        from_inclusive: rng.bool(),
        to_inclusive: rng.bool(),
        ties_reversed: rng.bool(),
        disorder: rng.bool(),
        short_pages: rng.u8(0..4) == 0,
        clamp: if rng.u8(0..8) == 0 { page.div_ceil(2) } else { 500 },
        // The fault occurs with the largest page allowed, which is never a tiny one.
        false_end_from: if page >= 25 && rng.u8(0..4) == 0 { page } else { 0 },
        heavy_from: if page >= 25 && rng.u8(0..12) == 0 { page / 3 } else { 0 },
        no_date: rng.u8(0..8) == 0,
        frozen_date: rng.u8(0..12) == 0,
        knows_from_us: 0,
    }
}
