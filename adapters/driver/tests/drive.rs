//! Runs the loop against a source, a receiver and a store that fail, crash and are overtaken: no event is lost, and no
//! checkpoint moves past what was acknowledged.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use source_driver::{
    Batch, Ended, Event, Fault, Next, Plan, Report, Shell, SinkError, Source, SourceError, Stats,
    StoreError, at_once, drive,
};

const PLAN: Plan = Plan { batch_records: 3, budget_ms: Some(600_000), ..Plan::POLL };

/// A source of the events 0, 1, 2 … up to `count`. Its checkpoint is the number of the next one.
struct Numbers {
    count: u64,
    next: u64,
    refusals: Vec<SourceError>,
}

impl Source for Numbers {
    fn configure(&mut self, checkpoint: Option<String>) -> Result<(), SourceError> {
        self.next = checkpoint.map_or(0, |text| text.parse().unwrap());
        Ok(())
    }

    fn read_batch(&mut self, records_max: u32) -> Result<Batch, SourceError> {
        if let Some(refusal) = self.refusals.pop() {
            return Err(refusal);
        }
        let end = (self.next + u64::from(records_max)).min(self.count);
        let event = |number: u64| Event {
            id: number.to_string(),
            occurred_at: String::new(),
            kind: "X".into(),
            payload: "{}".into(),
        };
        let records: Vec<Event> = (self.next..end).map(event).collect();
        self.next = end;
        let next = if end == self.count { Next::Idle(60_000) } else { Next::Ready };
        let stats = Stats { requests: 1, notes: vec!["a note".into()], ..Stats::default() };
        Ok(Batch { records, next, stats })
    }

    fn checkpoint(&mut self) -> Result<String, SourceError> {
        Ok(self.next.to_string())
    }
}

/// A receiver and a store that survive a crash.
#[derive(Default)]
struct World {
    received: Vec<u64>,
    stored: Option<u64>,
    now: u64,
    slept: Vec<u64>,
    /// Number of steps until the shell crashes, and whether the last step does its work before the crash.
    steps_left: Option<(u32, bool)>,
    fail_deliveries: u32,
    fail_stores: u32,
    overtaken: bool,
    refuses: bool,
}

impl World {
    /// Returns `None` if this step does not crash, otherwise whether it does its work first.
    fn crash(&mut self) -> Option<bool> {
        let (left, works) = self.steps_left.as_mut()?;
        *left = left.checked_sub(1)?;
        (*left == 0).then_some(*works)
    }

    async fn step(&mut self, work: impl FnOnce(&mut Self)) {
        match self.crash() {
            None => work(self),
            Some(works) => {
                if works {
                    work(self);
                }
                std::future::pending().await
            }
        }
    }
}

impl Shell for World {
    async fn load(&mut self) -> Result<Option<String>, StoreError> {
        self.step(|_| ()).await;
        Ok(self.stored.map(|next| next.to_string()))
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        if self.refuses {
            return Err(SinkError::Refused("the credentials are wrong".into()));
        }
        if self.fail_deliveries > 0 {
            self.fail_deliveries -= 1;
            return Err(SinkError::Failed("the receiver is unavailable".into()));
        }
        let numbers: Vec<u64> = events.iter().map(|event| event.id.parse().unwrap()).collect();
        self.step(|world| world.received.extend(numbers)).await;
        Ok(())
    }

    async fn store(&mut self, checkpoint: &str) -> Result<(), StoreError> {
        if self.overtaken {
            return Err(StoreError::Overtaken("another run replaced it".into()));
        }
        if self.fail_stores > 0 {
            self.fail_stores -= 1;
            return Err(StoreError::Failed("the store is unavailable".into()));
        }
        let next: u64 = checkpoint.parse().unwrap();
        self.step(|world| {
            assert!(world.stored.is_none_or(|stored| stored <= next), "the checkpoint went back");
            assert!(
                (0..next).all(|number| world.received.contains(&number)),
                "an event is not acknowledged"
            );
            world.stored = Some(next);
        })
        .await;
        Ok(())
    }

    fn now_ms(&self) -> u64 {
        self.now
    }

    async fn sleep(&mut self, ms: u64) {
        self.slept.push(ms);
        self.now += ms;
    }
}

fn run(world: &mut World, refusals: Vec<SourceError>, plan: &Plan) -> Option<Report> {
    let mut source = Numbers { count: 10, next: 0, refusals };
    at_once(drive(&mut source, world, plan))
}

#[test]
fn without_failures_every_event_is_delivered_once() {
    let mut world = World::default();
    let report = run(&mut world, vec![], &PLAN).unwrap();
    assert_eq!(world.received, (0..10).collect::<Vec<_>>());
    assert_eq!(world.stored, Some(10));
    assert_eq!(
        (report.counts.delivered, report.counts.batches, report.counts.stats.requests),
        (10, 4, 4)
    );
    assert_eq!(report.counts.stats.notes, ["a note"]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        (&json["ended"], &json["again_in_ms"], &json["requests"]),
        (&"idle".into(), &60_000.into(), &4.into())
    );
}

#[test]
fn a_crash_at_any_step_loses_nothing_and_repeats_at_most_one_batch() {
    // One load, then a delivery and a store for each of four batches.
    for steps in 1..=9 {
        for works in [false, true] {
            let mut world = World { steps_left: Some((steps, works)), ..World::default() };
            assert!(run(&mut world, vec![], &PLAN).is_none(), "no crash at step {steps}");
            run(&mut world, vec![], &PLAN).unwrap();
            assert!((0..10).all(|number| world.received.contains(&number)), "step {steps}: lost");
            assert!(world.received.len() <= 13, "step {steps}: repeated: {:?}", world.received);
            assert_eq!(world.stored, Some(10));
        }
    }
}

#[test]
fn failures_are_retried_with_growing_waits() {
    let transient = || SourceError::Transient("the remote is unavailable".into());
    let mut world = World { fail_deliveries: 3, fail_stores: 2, ..World::default() };
    let report = run(&mut world, vec![transient(), transient()], &PLAN).unwrap();
    assert!(matches!(report.ended, Ended::Idle { .. }));
    assert_eq!(world.slept, [1_000, 2_000, 1_000, 2_000, 4_000, 1_000, 2_000]);
    assert_eq!(world.received, (0..10).collect::<Vec<_>>());
}

#[test]
fn a_persistent_failure_ends_the_run_and_moves_no_checkpoint() {
    let fails = |ended: &Ended, expected: Fault| {
        let Ended::Failed { fault, .. } = ended else { panic!("{ended:?}") };
        assert_eq!(*fault, expected);
    };
    let mut world = World { fail_deliveries: 99, ..World::default() };
    fails(&run(&mut world, vec![], &PLAN).unwrap().ended, Fault::Sink);
    assert_eq!((world.stored, world.slept.len()), (None, 4));

    let mut world = World { fail_stores: 99, ..World::default() };
    let report = run(&mut world, vec![], &PLAN).unwrap();
    fails(&report.ended, Fault::Store);
    assert_eq!((world.stored, report.counts.delivered), (None, 0));

    let mut world = World::default();
    let transient = vec![SourceError::Transient("away".into()); 9];
    fails(&run(&mut world, transient, &PLAN).unwrap().ended, Fault::Source);

    let mut world = World::default();
    let refused = vec![SourceError::Unauthorized("no".into())];
    fails(&run(&mut world, refused, &PLAN).unwrap().ended, Fault::Unauthorized);
    assert!(world.slept.is_empty(), "a permanent failure was retried");

    let mut world = World { refuses: true, ..World::default() };
    let report = run(&mut world, vec![], &PLAN).unwrap();
    assert!(matches!(report.ended, Ended::Failed { fault: Fault::Sink, is_transient: false, .. }));
    assert_eq!((world.stored, world.slept.len()), (None, 0));
}

#[test]
fn an_overtaken_run_ends_immediately() {
    let mut world = World { overtaken: true, ..World::default() };
    let report = run(&mut world, vec![], &PLAN).unwrap();
    let Ended::Failed { fault: Fault::Overtaken, is_transient, .. } = report.ended else {
        panic!("{report:?}")
    };
    assert!(is_transient);
    assert_eq!((world.received.len(), world.stored), (3, None));
}

#[test]
fn no_batch_and_no_wait_exceeds_the_budget() {
    let mut world = World { fail_deliveries: 3, ..World::default() };
    let plan = Plan { budget_ms: Some(2_500), ..PLAN };
    let report = run(&mut world, vec![], &plan).unwrap();
    assert!(matches!(report.ended, Ended::Failed { fault: Fault::Sink, .. }));
    assert_eq!(world.slept, [1_000]);
    let report = run(&mut World::default(), vec![], &Plan { budget_ms: Some(0), ..PLAN }).unwrap();
    assert_eq!(report.ended, Ended::OutOfTime);
}

#[test]
fn a_spinning_source_is_stopped() {
    struct Spinning;
    impl Source for Spinning {
        fn configure(&mut self, _: Option<String>) -> Result<(), SourceError> {
            Ok(())
        }
        fn read_batch(&mut self, _: u32) -> Result<Batch, SourceError> {
            Ok(Batch { records: vec![], next: Next::Ready, stats: Stats::default() })
        }
        fn checkpoint(&mut self) -> Result<String, SourceError> {
            Ok("0".into())
        }
    }
    let report = at_once(drive(&mut Spinning, &mut World::default(), &PLAN)).unwrap();
    assert!(matches!(report.ended, Ended::Failed { fault: Fault::Protocol, .. }));
}
