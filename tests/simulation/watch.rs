//! Observes a source from outside: its gaps, and every call of a replayed seed.

use buildkite_audit_logs::checkpoint::decode;
use buildkite_audit_logs::error::Error;
use buildkite_audit_logs::source::{Batch, Source};
use buildkite_audit_logs::sync::gap::Gap;
use buildkite_audit_logs::text::time::Millis;

use crate::host::Host;
use crate::tally::Mark;

impl Host {
    /// Marks what a live poll did to the gaps.
    pub fn look(&mut self, before: &[Gap], after: &[Gap]) {
        // The first gap opened is the backfill.
        let live = after.len().saturating_sub(usize::from(self.story.wanted.start_ms.is_some()));
        if live >= 2 {
            self.tally.mark(Mark::TwoLiveGaps);
        }
        let is_cut = |gap: &Gap| {
            !after.iter().any(|now| now.floor == gap.floor && now.reached == gap.reached)
        };
        if before.iter().any(is_cut) {
            self.tally.mark(Mark::OverlapCut);
        }
    }

    /// Prints a call.
    pub fn trace(&self, source: &Source, called: &Result<Batch, Error>) {
        let at = Millis::new(self.now_us / 1_000);
        let what = match called {
            Ok(batch) => format!(
                "{:?}, {} records, {} requests, {} repeats {:?}",
                batch.next,
                batch.rows.len(),
                batch.stats.requests,
                batch.stats.repeats,
                batch.stats.notes
            ),
            Err(error) => error.to_string(),
        };
        let gaps: Vec<String> =
            gaps(source).iter().map(|gap| format!("{}..{}", gap.floor, gap.reached)).collect();
        println!("{at} (local {}): {what}; gaps {gaps:?}", self.local());
    }
}

/// Returns the open gaps in the checkpoint.
pub fn gaps(source: &Source) -> Vec<Gap> {
    decode(&source.checkpoint()).map(|state| state.walk.gaps().to_vec()).unwrap_or_default()
}
