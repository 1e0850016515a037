//! Tells a policy what happened, and checks what it says to do.
#![allow(missing_docs, clippy::unwrap_used)]

use source_driver::{
    Batch, EMPTY_BATCHES_MAX, End, Ended, Event, Fault, Moment, Next, Plan, Policy, SourceError,
    Stats, Then, Until, WAIT_MS_MAX, Why,
};

const START: Moment = Moment { now_ms: 0, jitter: 1.0, is_stopped: false };
const STOPPED: Moment = Moment { is_stopped: true, ..START };

fn batch(records: usize, requests: u64, next: Next) -> Batch {
    let (id, occurred_at, kind, payload) = Default::default();
    let event = Event { id, occurred_at, kind, payload };
    Batch { records: vec![event; records], next, stats: Stats { requests, ..Stats::default() } }
}

fn policy(plan: Plan) -> Policy {
    Policy::new(plan, START.now_ms)
}

/// Returns the waits after consecutive transient failures, until the policy ends.
fn waits(policy: &mut Policy, jitter: f64) -> Vec<u64> {
    let wait = |_| match policy.failed(true, Moment { jitter, ..START }) {
        Then::Wait { ms, why: Why::Failed } => Some(ms),
        then => {
            assert_eq!(then, Then::End(End::Failed));
            None
        }
    };
    (0..20).map_while(wait).collect()
}

#[test]
fn the_policy_does_what_a_batch_says_as_far_as_the_plan_allows() {
    let (idle, throttled) = (Next::Idle(60_000), Next::Throttled(5_000));
    let waits = |why, ms| Then::Wait { ms, why };
    for (until, next, expected) in [
        (Until::Once, Next::Ready, Then::Read),
        (Until::Once, idle, Then::End(End::Idle { again_in_ms: 60_000 })),
        (Until::Once, throttled, Then::End(End::Throttled { again_in_ms: 5_000 })),
        (Until::Idle, Next::Ready, Then::Read),
        (Until::Idle, idle, Then::End(End::Idle { again_in_ms: 60_000 })),
        (Until::Idle, throttled, waits(Why::Throttled, 5_000)),
        (Until::Never, Next::Ready, Then::Read),
        (Until::Never, idle, waits(Why::Idle, 60_000)),
        (Until::Never, throttled, waits(Why::Throttled, 5_000)),
        // A source that asks for no wait must not spin, and a wait of years is shortened to a day.
        (Until::Never, Next::Idle(0), waits(Why::Idle, Plan::RUN.least_wait_ms)),
        (Until::Never, Next::Throttled(u64::MAX), waits(Why::Throttled, WAIT_MS_MAX)),
    ] {
        let mut policy = policy(Plan { until, ..Plan::RUN });
        assert_eq!(policy.batch(&batch(1, 1, next), START), Ok(expected), "{until:?} {next:?}");
    }
}

#[test]
fn waits_double_up_to_the_longest_until_no_retry_is_left() {
    for (plan, expected) in [
        (Plan::POLL, &[1_000, 2_000, 4_000, 8_000][..]),
        (Plan::RUN, &[500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]),
        (Plan::TENANT_UNTIL_IDLE, &[1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000]),
        (Plan { retries: Some(0), ..Plan::RUN }, &[]),
        (Plan { retries: Some(6), ..Plan::POLL }, &[1_000, 2_000, 4_000, 8_000, 16_000, 30_000]),
    ] {
        assert_eq!(waits(&mut policy(plan), 1.0), expected, "{plan:?}");
    }
}

#[test]
fn unlimited_retries_never_end() {
    for (plan, first, last) in [(Plan::TENANT, 1_000, 300_000), (Plan::SERVICE, 60_000, 60_000)] {
        let mut policy = policy(plan);
        let all = waits(&mut policy, 1.0);
        assert_eq!((all.len(), all[0], all[19]), (20, first, last), "{plan:?}");
    }
}

#[test]
fn jitter_shortens_a_wait_by_at_most_half() {
    for (jitter, expected) in [(-1.0, 250), (0.0, 250), (0.5, 375), (1.0, 500), (9.0, 500)] {
        assert_eq!(waits(&mut policy(Plan::RUN), jitter)[0], expected, "{jitter}");
    }
}

#[test]
fn the_count_of_failures_restarts_after_a_success() {
    let mut policy = policy(Plan { retries: Some(2), ..Plan::RUN });
    for _ in 0..3 {
        assert_eq!(waits(&mut policy, 1.0), [500, 1_000]);
        assert!(policy.is_failing() && policy.failed_retries() == 2);
        policy.batch(&batch(0, 1, Next::Ready), START).unwrap();
        assert!(!policy.is_failing());
    }
    assert_eq!(waits(&mut policy, 1.0), [500, 1_000]);
    policy.succeeded();
    assert_eq!(waits(&mut policy, 1.0), [500, 1_000]);
}

#[test]
fn good_batches_do_not_hide_that_every_turn_of_a_tenant_fails() {
    let mut policy = policy(Plan::TENANT_UNTIL_IDLE);
    let ended = (1..100).find(|_| {
        policy.batch(&batch(1, 1, Next::Ready), START).unwrap();
        policy.failed(true, START) == Then::End(End::Failed)
    });
    assert_eq!(ended, Some(Plan::RETRIES + 1));
    policy.succeeded();
    assert_eq!(waits(&mut policy, 1.0)[0], 1_000);
}

#[test]
fn a_wait_is_no_longer_than_a_source_asks_unless_it_would_spin() {
    for (plan, asked, expected) in [
        (Plan::RUN, 10, 10),
        (Plan::RUN, 0, 1),
        (Plan::TENANT, 10, 100),
        (Plan::TENANT, 101, 101),
        (Plan { until: Until::Never, ..Plan::POLL }, 10, 10),
    ] {
        let then = policy(plan).batch(&batch(0, 1, Next::Throttled(asked)), START);
        assert_eq!(then, Ok(Then::Wait { ms: expected, why: Why::Throttled }), "{plan:?}");
    }
}

#[test]
fn a_failure_that_the_operator_must_fix_ends_a_run_and_makes_a_service_wait() {
    for (plan, expected) in [
        (Plan::POLL, Then::End(End::Failed)),
        (Plan::RUN, Then::End(End::Failed)),
        (Plan::TENANT_UNTIL_IDLE, Then::End(End::Failed)),
        (Plan::TENANT, Then::Wait { ms: 300_000, why: Why::Failed }),
        (Plan::SERVICE, Then::Wait { ms: 300_000, why: Why::Failed }),
    ] {
        assert_eq!(policy(plan).failed(false, START), expected, "{plan:?}");
    }
}

#[test]
fn a_source_that_spins_is_stopped_and_one_that_works_is_not() {
    let mut policy = policy(Plan::RUN);
    let spinning = batch(0, 0, Next::Ready);
    for working in [batch(1, 0, Next::Ready), batch(0, 1, Next::Ready), batch(0, 0, Next::Idle(1))]
    {
        for _ in 0..EMPTY_BATCHES_MAX {
            assert_eq!(policy.batch(&spinning, START), Ok(Then::Read));
            // Failures in between make no difference.
            policy.failed(true, START);
        }
        policy.batch(&working, START).unwrap();
    }
    // A host that continues anyway is told again.
    for _ in 0..2 {
        for _ in 0..EMPTY_BATCHES_MAX {
            assert_eq!(policy.batch(&spinning, START), Ok(Then::Read));
        }
        let why = "100 consecutive batches without a record or a request";
        assert_eq!(policy.batch(&spinning, START), Err(SourceError::Protocol(why.to_owned())));
    }
}

#[test]
fn no_batch_starts_and_no_wait_ends_after_the_budget() {
    let plan = Plan { budget_ms: Some(10_000), until: Until::Never, ..Plan::POLL };
    let mut policy = Policy::new(plan, 5_000);
    let over = Then::End(End::OutOfTime);
    for (now_ms, next, expected) in [
        (14_999, Next::Ready, Then::Read),
        (15_000, Next::Ready, over),
        (5_000, Next::Idle(9_999), Then::Wait { ms: 9_999, why: Why::Idle }),
        (5_000, Next::Idle(10_000), over),
        (5_000, Next::Throttled(u64::MAX), over),
    ] {
        let then = policy.batch(&batch(1, 1, next), Moment::at(now_ms));
        assert_eq!(then, Ok(expected), "{now_ms} {next:?}");
    }
    assert_eq!(policy.resume(Moment::at(14_999)), Then::Read);
    assert_eq!(policy.resume(Moment::at(15_000)), over);
    let retries = Then::Wait { ms: 1_000, why: Why::Failed };
    assert_eq!(policy.failed(true, Moment::at(13_999)), retries);
    policy.succeeded();
    assert_eq!(policy.failed(true, Moment::at(14_000)), Then::End(End::Failed));
}

#[test]
fn a_stopped_host_neither_reads_nor_waits_and_learns_of_permanent_failures() {
    let stopped = Then::End(End::Stopped);
    let mut policy = policy(Plan::RUN);
    assert_eq!(policy.resume(STOPPED), stopped);
    for next in [Next::Ready, Next::Idle(1_000), Next::Throttled(1_000)] {
        assert_eq!(policy.batch(&batch(1, 1, next), STOPPED), Ok(stopped), "{next:?}");
    }
    assert_eq!(policy.failed(true, STOPPED), stopped);
    assert_eq!(policy.failed(false, STOPPED), Then::End(End::Failed));
    // The last retry failed: that must not look like a good end.
    let plan = Plan { retries: Some(0), ..Plan::RUN };
    assert_eq!(Policy::new(plan, 0).failed(true, STOPPED), Then::End(End::Failed));
}

#[test]
fn a_service_runs_again_until_it_is_overtaken() {
    let failed = |fault, is_transient| {
        let message = String::new();
        Ended::Failed { fault, message, is_transient }
    };
    for (ended, expected) in [
        (Ended::OutOfTime, Then::Read),
        (Ended::Idle { again_in_ms: 60_000 }, Then::Wait { ms: 60_000, why: Why::Idle }),
        (Ended::Throttled { again_in_ms: 0 }, Then::Wait { ms: 1_000, why: Why::Throttled }),
        (failed(Fault::Sink, true), Then::Wait { ms: 60_000, why: Why::Failed }),
        (failed(Fault::Unauthorized, false), Then::Wait { ms: 300_000, why: Why::Failed }),
        (failed(Fault::Overtaken, true), Then::End(End::Failed)),
    ] {
        assert_eq!(policy(Plan::SERVICE).after_run(&ended, START), expected, "{ended:?}");
    }
}
