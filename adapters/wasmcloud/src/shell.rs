//! Implements the loop's shell on wasmCloud: a bucket, a receiver of events, a clock. Every call blocks.

use std::collections::BTreeSet;

use source_driver::{Event, Shell, SinkError, StoreError};

use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::keyvalue::atomics;
use crate::bindings::wasi::keyvalue::store::{Bucket, Error, open};
use crate::bindings::wasmcloud::messaging::consumer;
use crate::generation::{checkpoint_key, generation_key, is_ours};
use crate::options::Options;
use crate::reply::acknowledged;

const NS_PER_MS: u64 = 1_000_000;
/// How long an answer may take, in milliseconds. A stream answers in milliseconds, or in a few seconds while it elects
/// a leader.
const ANSWER_MS_MAX: u32 = 10_000;
/// How long an overtaken service may continue within a batch, in milliseconds.
const CHECK_MS: u64 = 30_000;
/// Maximum number of acknowledged events that are remembered: twice the largest batch, about 2 MB. Forgetting them
/// costs repeats.
const ARRIVED_MAX: usize = 20_000;

/// Where this service incremented the counter, and the number it got. Kept across runs.
pub struct Place {
    bucket: String,
    tenant: String,
    generation: u64,
    /// The checkpoint that this service stored last. An older service that was suspended between its check of the
    /// counter and its write may still overwrite it.
    last: Option<String>,
    /// The subject that events were sent to.
    subject: String,
    /// The events acknowledged there since the last checkpoint. They are skipped when their batch is delivered again,
    /// in this run or a later one.
    arrived: BTreeSet<String>,
}

/// The shell of one run.
pub struct Nats<'a> {
    options: &'a Options,
    place: &'a mut Option<Place>,
    bucket: Option<Bucket>,
    /// When the shell last checked that this service is still the tenant's latest one.
    checked_ms: u64,
}

impl<'a> Nats<'a> {
    /// Returns a shell that has opened nothing yet.
    pub fn new(options: &'a Options, place: &'a mut Option<Place>) -> Self {
        let is_elsewhere =
            |at: &mut Place| (&at.bucket, &at.tenant) != (&options.bucket, &options.tenant);
        place.take_if(is_elsewhere);
        if let Some(place) = place.as_mut().filter(|place| place.subject != options.subject) {
            place.subject.clone_from(&options.subject);
            place.arrived.clear();
        }
        Self { options, place, bucket: None, checked_ms: 0 }
    }

    /// Returns the bucket while this service is the tenant's latest one. On first use, the service becomes the latest
    /// one by incrementing the counter.
    fn ours(&mut self) -> Result<&Bucket, StoreError> {
        self.checked_ms = self.now_ms();
        let Options { bucket: name, tenant, .. } = self.options;
        if self.bucket.is_none() {
            self.bucket = Some(open(name).map_err(|error| failed(name, &error))?);
        }
        let Some(bucket) = &self.bucket else {
            return Err(StoreError::Failed(format!("bucket {name}: not open")));
        };
        let key = generation_key(tenant);
        let mut step = 1;
        if let Some(generation) = self.place.as_ref().map(|place| place.generation) {
            let stored = bucket.get(&key).map_err(|error| failed(name, &error))?;
            match stored {
                Some(stored) if is_ours(&stored, generation) => return Ok(bucket),
                Some(_) => {
                    let why = format!(
                        "another service of tenant {tenant} started after this one: {key} is \
                         no longer {generation}"
                    );
                    return Err(StoreError::Overtaken(why));
                }
                // The bucket was emptied. Counting continues from a number that no other service has, since the
                // numbers issued so far are small.
                None => {
                    *self.place = None;
                    step = monotonic_clock::now().saturating_add(generation).saturating_add(1);
                }
            }
        }
        let generation =
            atomics::increment(bucket, &key, step).map_err(|error| failed(name, &error))?;
        if generation == u64::MAX {
            // Counters saturate here, so every later service would get the same number.
            return Err(StoreError::Failed(format!(
                "bucket {name}: {key} is not a counter; delete it"
            )));
        }
        let (bucket_name, tenant) = (name.clone(), tenant.clone());
        *self.place = Some(Place {
            bucket: bucket_name,
            tenant,
            generation,
            last: None,
            subject: self.options.subject.clone(),
            arrived: BTreeSet::new(),
        });
        Ok(bucket)
    }

    /// Checks that this service is still the tenant's latest one, unless it did so recently: a batch may take hours.
    fn check(&mut self) -> Result<(), SinkError> {
        if self.now_ms().saturating_sub(self.checked_ms) < CHECK_MS {
            return Ok(());
        }
        self.ours().map(|_| ()).map_err(|error| match error {
            StoreError::Overtaken(why) => SinkError::Overtaken(why),
            StoreError::Failed(why) | StoreError::Corrupt(why) => SinkError::Failed(why),
        })
    }
}

impl Shell for Nats<'_> {
    async fn load(&mut self) -> Result<Option<String>, StoreError> {
        let (name, key) = (&self.options.bucket, checkpoint_key(&self.options.tenant));
        let stored = self.ours()?.get(&key).map_err(|error| failed(name, &error))?;
        let last = self.place.as_ref().and_then(|place| place.last.clone());
        if let Some(place) = self.place.as_mut().filter(|_| stored.is_none()) {
            place.arrived.clear();
        }
        // The source rejects a checkpoint that is not text. `None` means that an operator deleted it to start over.
        Ok(stored.map(|bytes| last.unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned())))
    }

    async fn deliver(&mut self, events: &[Event]) -> Result<(), SinkError> {
        let subject = &self.options.subject;
        for event in events {
            if self.place.as_ref().is_some_and(|place| place.arrived.contains(&event.id)) {
                continue;
            }
            self.check()?;
            let reply = consumer::request(subject, event.payload.as_bytes(), ANSWER_MS_MAX);
            reply.and_then(|reply| acknowledged(&reply.body)).map_err(|why| {
                SinkError::Failed(format!("event {} to {subject}: {why}", event.id))
            })?;
            if let Some(place) = self.place.as_mut() {
                if place.arrived.len() >= ARRIVED_MAX {
                    place.arrived.clear();
                }
                place.arrived.insert(event.id.clone());
            }
        }
        Ok(())
    }

    async fn store(&mut self, checkpoint: &str) -> Result<(), StoreError> {
        let (name, key) = (&self.options.bucket, checkpoint_key(&self.options.tenant));
        let bucket = self.ours()?;
        bucket.set(&key, checkpoint.as_bytes()).map_err(|error| failed(name, &error))?;
        if let Some(place) = self.place.as_mut() {
            place.arrived.clear();
            place.last = Some(checkpoint.to_owned());
        }
        Ok(())
    }

    fn now_ms(&self) -> u64 {
        now_ms()
    }

    async fn sleep(&mut self, ms: u64) {
        sleep(ms);
    }
}

/// Returns the time of the monotonic clock, in milliseconds.
pub fn now_ms() -> u64 {
    monotonic_clock::now() / NS_PER_MS
}

/// Waits for `ms` milliseconds. The engine does other work in the meantime.
pub fn sleep(ms: u64) {
    monotonic_clock::subscribe_duration(ms.saturating_mul(NS_PER_MS)).block();
}

fn failed(bucket: &str, error: &Error) -> StoreError {
    let why = match error {
        Error::NoSuchStore => "the bucket does not exist; create it",
        Error::AccessDenied => "access is denied",
        Error::Other(why) => why,
    };
    StoreError::Failed(format!("bucket {bucket}: {why}"))
}
