//! Decides what follows the end of a run.

use source_driver::{Ended, Fault, Report};

/// Wait after a transient fault, in milliseconds. The run itself has already retried.
const AGAIN_MS: u64 = 60 * 1_000;
/// Wait after a fault that somebody must fix, in milliseconds: short enough to notice the fix soon, long enough to
/// cause no load.
const UNFIXED_MS: u64 = 5 * 60 * 1_000;
/// Shortest wait, in milliseconds, so that a faulty source cannot make the service spin.
const LEAST_MS: u64 = 1_000;
/// Longest wait, in milliseconds: one day, the maximum of `poll_interval_seconds`.
const LONGEST_MS: u64 = 24 * 60 * 60 * 1_000;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Run again immediately.
    Again,
    /// Run again after this many milliseconds.
    Wait(u64),
    /// End: another service has taken over.
    End,
}

/// Returns what to do after a run with this report.
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

/// Returns what to do after a configuration that cannot be used.
pub fn unusable() -> Then {
    Then::Wait(UNFIXED_MS)
}

/// Describes a fault: what failed, why, and what to do.
pub fn in_words(fault: Fault, message: &str) -> String {
    let (what, remedy) = match fault {
        Fault::InvalidConfig => ("the configuration is refused", "fix settings or api_token"),
        Fault::Unauthorized => ("the access is refused", "fix the token or its permissions"),
        Fault::InvalidCheckpoint => (
            "the stored checkpoint is refused",
            "restore the previous settings, or delete the key TENANT.checkpoint to start over",
        ),
        Fault::Source => ("Buildkite cannot be read", "retrying"),
        Fault::Protocol => {
            ("Buildkite answered with an unknown shape", "report it to the developers")
        }
        Fault::Sink => ("events are not acknowledged", "check NATS, the stream and its limits"),
        Fault::Store => ("the checkpoint cannot be stored or read", "check NATS and the bucket"),
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
        assert_eq!(failed(Fault::Unauthorized, false), Then::Wait(UNFIXED_MS));
    }
}
