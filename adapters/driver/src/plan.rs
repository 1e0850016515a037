//! The parameters of a [`Policy`](crate::Policy), and their values for each kind of host.

/// When a host stops reading a source that does not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At the first `idle` or `throttled`, without waiting.
    Once,
    /// At the first `idle`; it waits when `throttled`.
    Idle,
    /// Never.
    Never,
}

/// The waits between consecutive retries. Each is twice as long as the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait, in milliseconds.
    pub first_ms: u64,
    /// The longest wait, in milliseconds.
    pub longest_ms: u64,
}

/// How a host reads a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// When it ends.
    pub until: Until,
    /// Number of records to request per batch.
    pub batch_records: u32,
    /// Time budget in milliseconds: after it no batch is started, and no wait exceeds it. `None`: no limit.
    pub budget_ms: Option<u64>,
    /// Maximum number of consecutive retries after transient failures. `None`: no limit.
    pub retries: Option<u32>,
    /// The waits between them.
    pub backoff: Backoff,
    /// Wait after a failure that the operator must fix, in milliseconds. `None`: it ends the run.
    pub unfixed_ms: Option<u64>,
    /// Minimum wait that a source can ask for, in milliseconds. With none, it could spin.
    pub least_wait_ms: u64,
    /// Whether a batch ends a series of failures. Otherwise, only [`Policy::succeeded`](crate::Policy::succeeded) does:
    /// a turn of many batches may fail at its end each time.
    pub forgets_at_batch: bool,
}

/// Wait after a failure that the operator must fix, in milliseconds: short enough to notice a renewed token or a
/// granted permission soon, and long enough that a source that always traps costs next to nothing.
const UNFIXED_MS: u64 = 5 * 60 * 1_000;

impl Plan {
    /// One poll on a platform that calls again later. A receiver that comes back is noticed within half a minute.
    pub const POLL: Self = Self {
        until: Until::Once,
        // One page: a crash repeats no more than this, and one checkpoint is stored for it.
        batch_records: 500,
        budget_ms: None,
        retries: Some(4),
        backoff: Backoff { first_ms: 1_000, longest_ms: 30_000 },
        unfixed_ms: None,
        least_wait_ms: 1,
        forgets_at_batch: true,
    };

    /// A service that polls repeatedly. Each poll has its own retries, so one wait of a minute after it is enough.
    pub const SERVICE: Self = Self {
        until: Until::Never,
        retries: None,
        backoff: Backoff { first_ms: 60_000, longest_ms: 60_000 },
        unfixed_ms: Some(UNFIXED_MS),
        // Each poll begins anew, with its own look at the stored checkpoint.
        least_wait_ms: 1_000,
        ..Self::POLL
    };

    /// The retries of a program that ends after the last one. Their waits take about two minutes in total.
    pub const RETRIES: u32 = 8;

    /// A program that reads one source, perhaps with somebody watching: a short failure is hardly noticed. The return
    /// of a remote is noticed within a minute, even after hours.
    pub const RUN: Self = Self {
        until: Until::Never,
        batch_records: 1_000,
        budget_ms: None,
        retries: Some(Self::RETRIES),
        backoff: Backoff { first_ms: 500, longest_ms: 60_000 },
        unfixed_ms: None,
        // The shortest that a `rate_limit` asks for.
        least_wait_ms: 1,
        forgets_at_batch: true,
    };

    /// One of many sources in a process, none of which ever ends it or burdens the others.
    pub const TENANT: Self = Self {
        retries: None,
        backoff: Backoff { first_ms: 1_000, longest_ms: UNFIXED_MS },
        unfixed_ms: Some(UNFIXED_MS),
        // Each turn starts an instance.
        least_wait_ms: 100,
        forgets_at_batch: false,
        ..Self::RUN
    };

    /// One of many sources in a process that ends once each has read everything, or fails.
    pub const TENANT_UNTIL_IDLE: Self =
        Self { until: Until::Idle, retries: Some(Self::RETRIES), unfixed_ms: None, ..Self::TENANT };
}
