//! A small request that checks the configuration, and what each answer leads to.

pub mod step;

mod report;

use crate::ask::Ask;
use crate::buildkite::answer::{Answer, What, answer};
use crate::buildkite::query::{Request, request};
use crate::buildkite::response::Exchange;
use crate::check::report::report;
pub use crate::check::report::{Finding, Outcome};
use crate::settings::Config;
use crate::text::time::Millis;

/// What an answer to a check leads to.
#[derive(Debug)]
pub enum Checked<'a> {
    /// The check is done.
    Report(Vec<Finding>),
    /// Another request will show more.
    Again(Probe<'a>),
}

/// A check that needs a request. Make it, then continue with [`Probe::receive`].
#[derive(Debug)]
pub struct Probe<'a> {
    config: &'a Config,
    ask: Ask,
    request: Request,
}

impl<'a> Probe<'a> {
    /// Returns the first request of a check.
    pub fn new(config: &'a Config) -> Self {
        Self::of(config, Ask::check())
    }

    fn of(config: &'a Config, ask: Ask) -> Self {
        Self { config, request: request(config, &ask), ask }
    }

    /// Returns the settings, which say where the request goes.
    pub fn config(&self) -> &'a Config {
        self.config
    }

    /// Returns the request to make.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Processes the outcome of the request, where `now` is the host's time. A check makes at most three requests.
    pub fn receive(self, exchange: Exchange, now: Millis) -> Checked<'a> {
        let answer = answer(self.config, &self.ask, exchange, now);
        let unknown = match &answer {
            Ok(Answer { what: What::UnknownTypes(names), .. }) => names.as_slice(),
            _ => &[],
        };
        match narrower(self.config, &self.ask, unknown) {
            Some(ask) => Checked::Again(Self::of(self.config, ask)),
            None => Checked::Report(report(self.config, &self.ask, answer, now)),
        }
    }
}

/// Returns a request that shows more than this one, which was refused for these types: first without them, then without
/// any.
fn narrower(config: &Config, ask: &Ask, unknown: &[String]) -> Option<Ask> {
    let mut without = [&ask.without, unknown].concat();
    if unknown.is_empty() || without.len() >= config.event_types.len() {
        return None; // Nothing is left to try.
    }
    if !ask.without.is_empty() {
        let others = config.event_types.iter().filter(|name| !without.contains(name)).cloned();
        without.extend(others.collect::<Vec<_>>());
    }
    Some(Ask { without, ..ask.clone() })
}
