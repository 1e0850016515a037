//! Simulates one request: time passes, the rate limit counts, and something may go wrong.

use buildkite_audit_logs::buildkite::response::{Exchange, Response};

use kit::Asked;

use crate::host::Host;
use crate::remote::is_foreign_cursor;
use crate::story::SECOND_US;
use crate::tally::Mark;
use crate::trouble::{self, Trouble};

impl Host {
    /// Performs one exchange, with any injected failure.
    pub fn exchange(&mut self, asked: &Asked) -> Exchange {
        let (there_us, back_us) = (self.rng.i64(0..SECOND_US / 4), self.rng.i64(0..SECOND_US / 4));
        self.now_us += there_us;
        self.tally.requests += 1;
        if self.now_us < self.not_before_us {
            self.broken = Some("sent a request although the remote had asked to wait".into());
        }
        if is_foreign_cursor(asked) {
            self.broken = Some("sent a cursor with a filter other than its own".into());
        }
        if asked.is_live() {
            self.live_asks_us.push(self.now_us);
        }
        let exchange = self.answer(asked);
        self.now_us += back_us;
        exchange.map(|response| Response { elapsed_ms: (there_us + back_us) / 1_000, ..response })
    }

    fn answer(&mut self, asked: &Asked) -> Exchange {
        let remote = &mut self.story.remote;
        let refusal = remote.points.as_mut().and_then(|points| {
            points.charge(self.now_us, self.rng.i64(0..=points.others));
            points.refusal(self.now_us)
        });
        if let Some(seconds) = refusal {
            self.tally.mark(Mark::RateLimited);
            self.not_before_us = self.now_us + seconds * SECOND_US;
            let refusal = trouble::answer(
                Trouble::Exceeded(seconds),
                remote,
                asked,
                self.now_us,
                &mut self.rng,
            );
            return refusal.0;
        }
        let faults = self.story.habits.faults;
        let trouble = match self.chance(faults) {
            true => self.rng.choice(trouble::ALL),
            false if self.chance(faults) => self.rng.choice(trouble::HARMLESS),
            false => None,
        };
        let remote = &mut self.story.remote;
        // A first poll's refusal without a `Date` says nothing about its time.
        let trouble = trouble.filter(|_| !remote.refuses(asked, self.now_us));
        self.last_trouble = trouble;
        let Some(trouble) = trouble else {
            return Ok(remote.answer(asked, self.now_us, &mut self.rng));
        };
        self.tally.faults += 1;
        match trouble {
            Trouble::BadCursor if asked.after.is_some() => self.tally.mark(Mark::CursorRefused),
            Trouble::Exceeded(seconds) => self.not_before_us = self.now_us + seconds * SECOND_US,
            _ => {}
        }
        let (exchange, hidden) =
            trouble::answer(trouble, remote, asked, self.now_us, &mut self.rng);
        self.hidden.extend(hidden);
        exchange
    }
}
