//! Generates events: when they occur, and who did what to what. Everything about the event with index
//! `i` follows from (seed, i); only its time depends on the events before it. The contents of an
//! event are in `event` and `data`.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uuid::{Builder, Uuid};

use crate::schema::{EVENT_TYPES, subject_type};

/// 2025-01-01T00:00:00Z in microseconds since 1970. The first event occurs soon after.
pub(crate) const BASE_US: i64 = 1_735_689_600_000_000;

/// The index of the first event added while the server runs, far above all initial ones.
pub(crate) const ADDED_FROM: u64 = 1 << 40;

/// Longest usual gap, in microseconds. Gaps are uniform below it, so their mean is half of it; with ties
/// and bursts the mean is about 10 s.
const GAP_US_MAX: i64 = 22_000_000;

/// Number of actors.
pub(crate) const ACTORS: u64 = 40;
/// Number of subjects.
pub(crate) const SUBJECTS: u64 = 300;

/// One event in [`LARGE_EVERY`] has a body of 200 kB: the one whose index has this remainder.
const LARGE_AT: u64 = 777;
const LARGE_EVERY: u64 = 5_000;

/// A generator of events from a seed. Each purpose has its own stream of random numbers for each event.
#[derive(Clone)]
pub(crate) struct Synth {
    root: ChaCha8Rng,
}

/// The purpose of a stream of random numbers.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// Type, actor and subject, which filters use. Computed for many events, so it must be cheap.
    Facets = 0,
    /// The UUID.
    Uuid = 1,
    /// Names and context.
    Details = 2,
    /// The `data` text.
    Data = 3,
    /// The UUIDs of actors, subjects and the like, independent of events.
    Things = 4,
    /// The times of all events in sequence, independent of the index.
    Times = 5,
}

/// What filters use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facets {
    pub kind: &'static str,
    pub actor: Option<Thing>,
    pub subject: Option<Thing>,
}

/// An actor or a subject: its number and the type shown for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thing {
    pub number: u64,
    pub shown_type: Option<&'static str>,
}

impl Synth {
    pub fn new(seed: u64) -> Self {
        Self { root: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Returns the random numbers for one purpose of the event with this index.
    pub fn draw(&self, purpose: Purpose, index: u64) -> ChaCha8Rng {
        let mut rng = self.root.clone();
        // Indices stay far below 2^61, so no two streams coincide.
        rng.set_stream(index * 8 + purpose as u64);
        rng
    }

    /// Returns the UUID of an event. Like recent real ones, it is the millisecond followed by random bits.
    pub fn uuid(&self, index: u64, time_us: i64) -> Uuid {
        let ms = u64::try_from(time_us.div_euclid(1_000)).unwrap_or(0);
        let random: [u8; 10] = self.draw(Purpose::Uuid, index).random();
        Builder::from_unix_timestamp_millis(ms, &random).into_uuid()
    }

    /// Returns the UUID of the actor, subject, token or agent with this number.
    pub fn thing_uuid(&self, number: u64) -> Uuid {
        Builder::from_random_bytes(self.draw(Purpose::Things, number).random()).into_uuid()
    }

    /// Returns the type, actor and subject of an event.
    pub fn facets(&self, index: u64) -> Facets {
        let mut rng = self.draw(Purpose::Facets, index);
        let kind = match rng.random_range(0..100) {
            // Every read of a secret by a job is an event, so these are the most frequent.
            0..20 => "SECRET_READ",
            20..30 => "SECRET_QUERIED",
            _ => EVENT_TYPES[rng.random_range(0..EVENT_TYPES.len())],
        };
        let actor_number = rng.random_range(0..ACTORS);
        let actor_type = match actor_number % 10 {
            0 | 1 => "AGENT",
            2 => "API_APPLICATION",
            _ => "USER",
        };
        // Some events come from the system; some actors are shown without a type.
        let actor = match rng.random_range(0..100) {
            0..8 => None,
            8..12 => Some(Thing { number: actor_number, shown_type: None }),
            _ => Some(Thing { number: actor_number, shown_type: Some(actor_type) }),
        };
        let subject = Thing {
            number: ACTORS + rng.random_range(0..SUBJECTS),
            shown_type: subject_type(kind).filter(|_| rng.random_range(0..100) >= 3),
        };
        let subject = (rng.random_range(0..100) >= 2).then_some(subject);
        Facets { kind, actor, subject }
    }

    /// Returns the times of the events from index 0 on, in microseconds since 1970, never descending.
    pub fn times(&self) -> Times {
        Times { rng: self.draw(Purpose::Times, 0), index: 0, time_us: BASE_US, burst_left: 0 }
    }
}

/// Returns whether the event with this index has a body of 200 kB.
pub(crate) fn is_large(index: u64) -> bool {
    index % LARGE_EVERY == LARGE_AT
}

/// See [`Synth::times`].
pub(crate) struct Times {
    rng: ChaCha8Rng,
    index: u64,
    time_us: i64,
    burst_left: u32,
}

/// The index at which a burst always starts, so that even the smallest world has one.
const FIRST_BURST_AT: u64 = 40;
const FIRST_BURST_LENGTH: u32 = 12;

impl Iterator for Times {
    type Item = i64;

    /// Returns the time of the next event: alone, in a tie of equal microseconds, within the same millisecond as the
    /// last, or in a burst of both.
    fn next(&mut self) -> Option<i64> {
        let choice = self.rng.random_range(0..1_000);
        let gap_us = if self.burst_left > 0 {
            self.burst_left -= 1;
            if choice < 500 { 0 } else { self.rng.random_range(1..15) }
        } else if self.index == FIRST_BURST_AT {
            self.burst_left = FIRST_BURST_LENGTH;
            self.rng.random_range(0..GAP_US_MAX)
        } else {
            match choice {
                0..3 => {
                    self.burst_left = self.rng.random_range(3..=40);
                    self.rng.random_range(0..GAP_US_MAX)
                }
                3..15 => 0,
                15..30 => self.rng.random_range(1..1_000),
                _ => self.rng.random_range(0..GAP_US_MAX),
            }
        };
        self.index += 1;
        self.time_us += gap_us;
        Some(self.time_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_gap_is_about_ten_seconds() {
        let count = 20_000;
        let last = Synth::new(3).times().nth(count - 1).unwrap();
        let mean_us = (last - BASE_US) / count as i64;
        assert!((9_000_000..11_000_000).contains(&mean_us), "{mean_us}");
    }

    #[test]
    fn the_smallest_world_has_equal_and_neighboring_microseconds() {
        let times: Vec<i64> = Synth::new(9).times().take(60).collect();
        let gaps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.contains(&0));
        assert!(gaps.iter().any(|gap| (1..1_000).contains(gap)));
    }

    #[test]
    fn another_seed_generates_other_events() {
        let facets = |seed| (0..50).map(|i| Synth::new(seed).facets(i)).collect::<Vec<_>>();
        assert_eq!(facets(1), facets(1));
        assert_ne!(facets(1), facets(2));
    }
}
