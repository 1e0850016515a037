//! Counts what happened in the runs, for the report and to check that each kind of mishap occurred often enough.

/// What must have occurred in at least one run in a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    TwoLiveGaps,
    OverlapCut,
    LateEventRead,
    CursorRefused,
    CrowdedMillisecond,
    CrashInMidPage,
    InstancesDropped,
    NewInstanceAfter504,
    NoDate,
    FrozenDate,
    ClockBackwards,
    SettingsChanged,
    CheckpointsSkipped,
    TornSink,
    RateLimited,
    CalmRun,
    TypeRefused,
    Undated,
    Nameless,
}

use Mark::*;

const MARKS: [(Mark, &str); 19] = [
    (TwoLiveGaps, "two or more live gaps open"),
    (OverlapCut, "an older gap cut by a newer one"),
    (LateEventRead, "a late event found by a re-read"),
    (CursorRefused, "a refused cursor"),
    (CrowdedMillisecond, "a millisecond larger than a page"),
    (CrashInMidPage, "a crash in the middle of a page"),
    (InstancesDropped, "an instance dropped after every batch"),
    (NewInstanceAfter504, "a 504 followed by a new instance"),
    (NoDate, "no Date"),
    (FrozenDate, "a frozen Date"),
    (ClockBackwards, "a clock that ran backwards"),
    (SettingsChanged, "settings changed between instances"),
    (CheckpointsSkipped, "checkpoints skipped by the host"),
    (TornSink, "a crash between records and checkpoint"),
    (RateLimited, "a rate limit that was reached"),
    (CalmRun, "a calm run, judged by how soon events were delivered"),
    (TypeRefused, "a type that becomes known during the run"),
    (Undated, "an event with an unreadable time"),
    (Nameless, "an event with an unreadable uuid"),
];

/// The counts of one run or of many.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    marks: [u64; MARKS.len()],
    pub runs: u64,
    pub events: u64,
    pub delivered: u64,
    pub requests: u64,
    pub faults: u64,
    pub crashes: u64,
    /// Records repeated because of a crash between records and checkpoint.
    pub torn_repeats: u64,
    pub checkpoint_bytes_max: u64,
}

impl Tally {
    pub fn one_run() -> Self {
        Self { runs: 1, ..Self::default() }
    }

    /// Marks that something occurred in this run.
    pub fn mark(&mut self, mark: Mark) {
        self.marks[mark as usize] = 1;
    }

    pub fn add(&mut self, other: &Self) {
        self.marks.iter_mut().zip(other.marks).for_each(|(mark, more)| *mark += more);
        self.runs += other.runs;
        self.events += other.events;
        self.delivered += other.delivered;
        self.requests += other.requests;
        self.faults += other.faults;
        self.crashes += other.crashes;
        self.torn_repeats += other.torn_repeats;
        self.checkpoint_bytes_max = self.checkpoint_bytes_max.max(other.checkpoint_bytes_max);
    }

    /// Returns what occurred in fewer than one run in a hundred.
    pub fn rare(&self) -> Vec<&'static str> {
        let is_rare = |(mark, _): &&(Mark, &str)| self.marks[*mark as usize] * 100 < self.runs;
        MARKS.iter().filter(is_rare).map(|(_, name)| *name).collect()
    }

    pub fn report(&self) -> String {
        let mut lines = vec![format!(
            "{} runs: {} events, {} delivered, {} requests, {} faults, {} crashes, {} repeats \
             behind torn writes; largest checkpoint {} bytes",
            self.runs,
            self.events,
            self.delivered,
            self.requests,
            self.faults,
            self.crashes,
            self.torn_repeats,
            self.checkpoint_bytes_max,
        )];
        for (mark, name) in MARKS {
            let count = self.marks[mark as usize];
            let percent = count as f64 * 100.0 / self.runs.max(1) as f64;
            lines.push(format!("  {name}: {count} runs ({percent:.1}%)"));
        }
        lines.join("\n")
    }
}
