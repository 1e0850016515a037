//! What follows the end of a run.

use source_driver::{Ended, Fault, Report};

/// After a fault that time may mend; the run itself has tried before.
const AGAIN_MS: u64 = 60 * 1_000;
/// After a fault that somebody must mend: soon enough to notice that it was, seldom enough to be no burden.
const MENDED_MS: u64 = 5 * 60 * 1_000;
/// A look at once is a second later: no fault of a source may make this spin.
const LEAST_MS: u64 = 1_000;
/// A day, the longest `poll_interval_seconds`.
const LONGEST_MS: u64 = 24 * 60 * 60 * 1_000;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Run again at once.
    Again,
    /// Run again after so many milliseconds.
    Wait(u64),
    /// End: another service has taken over.
    End,
}

/// Decides by the report of a run.
pub fn after(report: &Report) -> Then {
    match &report.ended {
        Ended::OutOfTime => Then::Again,
        Ended::Idle { again_in_ms } | Ended::Throttled { again_in_ms } => {
            Then::Wait((*again_in_ms).clamp(LEAST_MS, LONGEST_MS))
        }
        Ended::Failed { fault: Fault::Overtaken, .. } => Then::End,
        Ended::Failed { is_transient: true, .. } => Then::Wait(AGAIN_MS),
        Ended::Failed { .. } => unusable(),
    }
}

/// After a configuration that cannot be used.
pub fn unusable() -> Then {
    Then::Wait(MENDED_MS)
}

/// A fault in words: what failed, why, and who must act.
pub fn in_words(fault: Fault, message: &str) -> String {
    let (what, remedy) = match fault {
        Fault::InvalidConfig => ("the configuration is refused", "mend settings or api_token"),
        Fault::Unauthorized => ("the access is refused", "mend the token or its permissions"),
        Fault::InvalidCheckpoint => (
            "the stored checkpoint is refused",
            "go back to the former settings, or delete the key TENANT.checkpoint to begin anew",
        ),
        Fault::Source => ("Buildkite cannot be read", "it is tried again"),
        Fault::Protocol => ("Buildkite answered in no known shape", "tell the developers"),
        Fault::Sink => ("events are not acknowledged", "look at NATS, the stream and its limits"),
        Fault::Store => ("the checkpoint cannot be stored or read", "look at NATS and the bucket"),
        Fault::Overtaken => ("overtaken", "this service ends"),
    };
    format!("{what}: {message} ({remedy})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use source_driver::Counts;

    fn then(ended: Ended) -> Then {
        after(&Report { ended, counts: Counts::default() })
    }

    #[test]
    fn waits_are_bounded_and_only_an_overtaken_service_ends() {
        assert_eq!(then(Ended::OutOfTime), Then::Again);
        assert_eq!(then(Ended::Idle { again_in_ms: 60_000 }), Then::Wait(60_000));
        assert_eq!(then(Ended::Throttled { again_in_ms: 0 }), Then::Wait(LEAST_MS));
        assert_eq!(then(Ended::Idle { again_in_ms: u64::MAX }), Then::Wait(LONGEST_MS));
        let failed = |fault, is_transient| {
            then(Ended::Failed { fault, message: String::new(), is_transient })
        };
        assert_eq!(failed(Fault::Overtaken, true), Then::End);
        assert_eq!(failed(Fault::Sink, true), Then::Wait(AGAIN_MS));
        assert_eq!(failed(Fault::Unauthorized, false), Then::Wait(MENDED_MS));
    }
}
