//! The rate limit, through the component and over sockets, with Buildkite's own buckets and a clock that jumps over the
//! waits: the cost of a backfill, of idle polls and of a busy neighbor.
//!
//! `cargo test -p host-test --test run budget -- --nocapture` prints the figures.

use fake_buildkite::{FakeBuildkite, Limits as Points, Options, Quirks, SLUG, Seen};
use host_test::credential::token::{PLACEHOLDER, Token};
use host_test::egress::hook::Egress;
use host_test::egress::network::Network;
use host_test::egress::origin::Origin;
use host_test::guest::clock::Clock;
use host_test::guest::component::{BUNDLED, Plugin};
use host_test::guest::engine::engine;
use host_test::guest::source::{Configuration, Limits, Next, Secret, Source};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// 2026-01-01T00:00:00Z, in milliseconds.
const BEGIN_MS: u64 = 1_767_225_600_000;
const WINDOW_MS: u64 = 300_000;
/// Our share of a user's 5,000 points, with a quarter left for others.
const OURS: u64 = 3_750;
/// Maximum number of calls in one run: ten times what the longest needs.
const CALLS_MAX: u32 = 2_000;

/// A configured source, a remote, and a clock that both share.
struct World {
    fake: FakeBuildkite,
    source: Source,
    clock: Clock,
    now_ms: Arc<AtomicU64>,
    events: usize,
    points: u64,
    /// Time spent waiting because a batch returned `throttled`.
    throttled_ms: u64,
}

impl World {
    async fn new(events: u64) -> Self {
        Self::with(events, Points::buildkite(), None).await
    }

    /// Creates a world with a portal that has these limits and may also charge points.
    async fn at_portal(events: u64, limits: Points, charges_points: bool) -> Self {
        Self::with(events, limits, Some(charges_points)).await
    }

    async fn with(events: u64, limits: Points, portal: Option<bool>) -> Self {
        let now_ms = Arc::new(AtomicU64::new(BEGIN_MS));
        let time = Arc::clone(&now_ms);
        let options = Options {
            events,
            limits,
            quirks: Quirks { portal_charges_points: portal == Some(true), ..Quirks::default() },
            clock: Arc::new(move || time.load(Ordering::SeqCst)),
            ..Options::default()
        };
        let fake = FakeBuildkite::start(options).await.unwrap();
        let endpoint = if portal.is_some() { fake.portal() } else { fake.endpoint() };
        let origin = Origin::parse(&endpoint).unwrap();
        let token = Some(Token::new(fake.token()).unwrap());
        let network = Network::new(
            vec![origin],
            token,
            host_test::egress::resolve::system(),
            &Limits::default(),
        )
        .unwrap();
        let plugin = Plugin::new(&engine().unwrap(), BUNDLED).unwrap();
        let clock = Clock::default();
        clock.set(BEGIN_MS);
        let (egress, limits) = (Egress::Network(network), Limits::default());
        let mut source = Source::start(&plugin, egress, limits, Some(clock.clone())).await.unwrap();
        let settings = format!(
            r#"{{"org_slug": "{SLUG}", "endpoint": "{endpoint}", "backfill_start_time": "2024-12-31T00:00:00Z"}}"#,
        );
        let secrets = vec![Secret { name: "api_token".into(), value: PLACEHOLDER.into() }];
        let configuration = Configuration { settings, secrets, checkpoint: None };
        source.configure(&configuration).await.unwrap();
        Self { fake, source, clock, now_ms, events: 0, points: 0, throttled_ms: 0 }
    }

    fn wait(&self, ms: u64) {
        self.clock.set(self.now_ms.fetch_add(ms, Ordering::SeqCst) + ms);
    }

    /// Makes one call and waits as it asks. Returns whether everything was read.
    async fn step(&mut self) -> bool {
        let batch = self.source.read_batch(1_000).await.unwrap();
        self.events += batch.records.len();
        self.points += batch.stats.points;
        let (wait_ms, is_idle) = match batch.next {
            Next::Ready => (200, false),
            Next::Throttled(ms) => (ms, false),
            Next::Idle(ms) => (ms, true),
        };
        if let Next::Throttled(ms) = batch.next {
            self.throttled_ms += ms;
        }
        self.wait(wait_ms);
        is_idle
    }

    async fn until_idle(&mut self) {
        for _ in 0..CALLS_MAX {
            if self.step().await {
                return;
            }
        }
        panic!("not idle after {CALLS_MAX} calls");
    }

    fn exceeded(&self) -> Vec<Seen> {
        self.fake.requests().into_iter().filter(|seen| seen.status == 429).collect()
    }
}

#[tokio::test]
async fn a_backfill_uses_as_few_windows_as_possible_and_gets_no_429() {
    let mut world = World::new(6_000).await;
    world.until_idle().await;
    let took_ms = world.now_ms.load(Ordering::SeqCst) - 60_000 - BEGIN_MS;
    let windows = took_ms / WINDOW_MS + 1;
    let each = world.points as f64 / world.events as f64;
    println!(
        "backfill: {} events, {} points, {each:.3} per event, {windows} windows of 300 s, \
         {} responses with 429",
        world.events,
        world.points,
        world.exceeded().len()
    );
    assert_eq!(world.events, 6_000);
    assert!(each <= 4.1);
    assert!(windows <= world.points.div_ceil(OURS), "{windows} windows");
    assert_eq!(world.exceeded().len(), 0);
}

#[tokio::test]
async fn an_idle_poll_costs_at_most_ten_points_more_than_what_it_reads_again() {
    let mut world = World::new(100).await;
    world.until_idle().await;
    let (before, asked) = (world.points, world.fake.requests().len());
    for _ in 0..20 {
        world.until_idle().await;
    }
    let points = world.points - before;
    println!("idle: 20 polls, {points} points, {:.1} each", points as f64 / 20.0);
    // The events are a year old, so nothing is read again.
    assert!(points <= 20 * 10);
    assert_eq!(world.fake.requests().len() - asked, 20, "each poll makes one request");
}

#[tokio::test]
async fn a_busy_neighbor_costs_one_429_per_window_and_no_request_before_the_reset() {
    let mut world = World::new(3_000).await;
    let mut random = 1_u64;
    for _ in 0..CALLS_MAX {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // Up to a quarter of the organization's bucket between two of our calls.
        world.fake.spend_elsewhere(i64::try_from((random >> 33) % 5_000).unwrap());
        if world.step().await {
            break;
        }
    }
    assert_eq!(world.events, 3_000);
    let windows: Vec<u64> =
        world.exceeded().iter().map(|seen| (seen.at_ms - BEGIN_MS) / WINDOW_MS).collect();
    println!("busy neighbor: {} events, {} responses with 429", world.events, windows.len());
    assert!(!windows.is_empty(), "the neighbor was not busy enough to cost anything");
    assert!(windows.windows(2).all(|pair| pair[0] != pair[1]), "twice in one window: {windows:?}");
    let seen = world.fake.requests();
    for pair in seen.windows(2).filter(|pair| pair[0].status == 429) {
        // The fake's windows begin with their first request, so the reset is never more than one window away.
        assert!(pair[1].at_ms - pair[0].at_ms >= 1_000);
        assert_ne!(pair[1].status, 429, "asked before the reset");
    }
}

#[tokio::test]
async fn a_portal_backfill_makes_as_few_requests_as_possible_and_never_waits() {
    let mut world = World::at_portal(6_000, Points::buildkite(), false).await;
    world.until_idle().await;
    let requests = world.fake.requests().len();
    println!("portal: {} events, {requests} requests, {} points", world.events, world.points);
    assert_eq!(world.events, 6_000);
    // Twelve full pages, and a small one that confirms the end of the twelfth.
    assert_eq!(requests, 13);
    assert_eq!((world.throttled_ms, world.points), (0, 0));
}

#[tokio::test]
async fn a_long_portal_backfill_takes_the_fewest_requests_at_the_pace_of_the_limit() {
    let mut world = World::at_portal(100_000, Points::buildkite(), false).await;
    world.until_idle().await;
    let seen = world.fake.requests();
    let took_ms = seen.last().unwrap().at_ms - BEGIN_MS;
    println!("portal: {} events, {} requests in {took_ms} ms", world.events, seen.len());
    assert_eq!((world.events, world.exceeded().len()), (100_000, 0));
    // 200 full pages, a small one that confirms the end of the last, and at most one live poll per minute.
    let polls = took_ms / 60_000 + 1;
    assert!(seen.len() as u64 <= 201 + polls, "{} requests", seen.len());
    // Three quarters of 200 requests a minute are ours: all of it takes one wait for the next minute.
    assert!(took_ms < 2 * 60_000, "{took_ms} ms");
}

#[tokio::test]
async fn a_portal_leaves_the_reserve_of_its_requests_for_others() {
    let limits = Points { portal_requests: 8, ..Points::buildkite() };
    let mut world = World::at_portal(6_000, limits, false).await;
    world.until_idle().await;
    assert_eq!(world.events, 6_000);
    assert_eq!(world.exceeded().len(), 0);
    let minutes = world.fake.requests().iter().map(|seen| (seen.at_ms - BEGIN_MS) / 60_000).max();
    // Six requests a minute are ours, and one in six may be a live poll.
    assert!(minutes <= Some(3), "{minutes:?} minutes");
}

#[tokio::test]
async fn a_portal_that_charges_points_is_paced_by_them() {
    let mut world = World::at_portal(6_000, Points::buildkite(), true).await;
    world.until_idle().await;
    let exceeded = world.exceeded().len();
    println!("portal with points: {} events, {exceeded} responses with 429", world.events);
    assert_eq!(world.events, 6_000);
    // The first 429 is how the source learns about the charge.
    assert_eq!(exceeded, 1);
}
