//! What all requests share: the events, the limits, the log of requests.

use std::sync::{Mutex, MutexGuard};

use crate::documents::Documents;
use crate::key::Key;
use crate::limits::{Limiter, PortalLimiter};
use crate::lock::lock;
use crate::options::Options;
use crate::seen::Log;
use crate::store::Store;
use crate::synth::Synth;
use crate::tokens::Tokens;
use crate::truth::Shape;

/// Everything behind the listening socket.
pub(crate) struct World {
    pub options: Options,
    pub synth: Synth,
    pub documents: Documents,
    pub shape: Shape,
    pub limiter: Mutex<Limiter>,
    pub portal_limiter: Mutex<PortalLimiter>,
    pub log: Mutex<Log>,
    pub tokens: Mutex<Tokens>,
    store: Mutex<Store>,
}

impl World {
    /// Creates a world.
    ///
    /// # Errors
    ///
    /// Returns a message if [`Options::query`] does not select the fields of an event.
    pub fn new(options: Options) -> Result<Self, String> {
        let synth = Synth::new(options.seed);
        let live = (options.live_per_minute, (options.clock)());
        let store = Store::new(&synth, options.events, options.quirks.ties_reversed, live);
        Ok(Self {
            shape: Shape::of(&options.query)?,
            documents: Documents::default(),
            limiter: Mutex::new(Limiter::new(options.limits)),
            portal_limiter: Mutex::new(PortalLimiter::new(options.limits)),
            log: Mutex::new(Log::default()),
            tokens: Mutex::default(),
            store: Mutex::new(store),
            synth,
            options,
        })
    }

    /// Returns the time in milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        (self.options.clock)()
    }

    /// Returns the store with the events that are visible now.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        let now_ms = self.now_ms();
        let mut store = lock(&self.store);
        store.tick(now_ms);
        store
    }

    /// Adds events and returns their UUIDs.
    pub fn add(&self, count: u64, at_us: Option<i64>) -> Vec<String> {
        let now_ms = self.now_ms();
        let keys = self.store().add(count, at_us, now_ms);
        let uuid = |key: &Key| self.synth.uuid(key.index(), key.time_us).to_string();
        keys.iter().map(uuid).collect()
    }
}
