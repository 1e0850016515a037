//! Allows one poll of a tenant at a time: a lease in the key-value store, eight bytes that change only by
//! compare-and-swap.
//!
//! Spin's SQLite store compares values, and a swap that expects no value overwrites what another poll wrote in between.
//! So the key is created by `increment`, which is atomic, and every later swap expects a value. A lease expires: a poll
//! that was killed blocks its tenant for three minutes.

use source_driver::StoreError;
use spin_sdk::wasip3::clocks::system_clock;
use spin_sdk::wasip3::random::random::get_random_u64;

use crate::bindings::wasi::keyvalue::atomics::{Cas, CasError, increment, swap};
use crate::bindings::wasi::keyvalue::store::{Bucket, Error};

/// How long a lease is valid after it was taken or renewed, in milliseconds. It is renewed before each wait, each
/// request to the collector and each checkpoint; between two of these there is one call to the source, which gives
/// up after 120 s. An even slower poll is overtaken, and loses nothing.
const LEASE_MS: u64 = 180_000;
/// Maximum clock difference between two machines, in milliseconds. A lease that ends later was written with a
/// wrong clock.
const APART_MS: u64 = 60_000;

/// A held lease.
pub struct Lease {
    key: String,
    /// The value in the store.
    value: [u8; 8],
}

impl Lease {
    /// Takes the lease of a tenant, or returns for how many milliseconds another poll holds it.
    ///
    /// # Errors
    ///
    /// Returns the store's error.
    pub fn take(bucket: &Bucket, tenant: &str) -> Result<Result<Self, u64>, Error> {
        let key = format!("lease/{tenant}");
        let mut cas = Cas::new(bucket, &key)?;
        if cas.current()?.is_none() {
            increment(bucket, &key, 0)?;
            cas = Cas::new(bucket, &key)?;
        }
        let now = now_ms();
        let left = until(cas.current()?).saturating_sub(now);
        if (1..=LEASE_MS + APART_MS).contains(&left) {
            return Ok(Err(left));
        }
        let value = value(now + LEASE_MS);
        match swap(cas, &value) {
            Ok(()) => Ok(Ok(Self { key, value })),
            Err(CasError::CasFailed(_)) => Ok(Err(LEASE_MS)),
            Err(CasError::StoreError(error)) => Err(error),
        }
    }

    /// Renews the lease for its full duration. If this succeeds, nobody else held it in between.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Overtaken`] if it expired and another poll took it.
    pub fn renew(&mut self, bucket: &Bucket) -> Result<(), StoreError> {
        self.change(bucket, value(now_ms() + LEASE_MS))
    }

    /// Releases the lease.
    ///
    /// # Errors
    ///
    /// Fails as [`Lease::renew`] does; the lease then expires.
    pub fn give_back(mut self, bucket: &Bucket) -> Result<(), StoreError> {
        self.change(bucket, [0; 8])
    }

    fn change(&mut self, bucket: &Bucket, value: [u8; 8]) -> Result<(), StoreError> {
        let overtaken =
            || StoreError::Overtaken("another poll of this tenant has taken over".to_owned());
        let cas = Cas::new(bucket, &self.key).map_err(failed)?;
        if cas.current().map_err(failed)?.as_deref() != Some(self.value.as_slice()) {
            return Err(overtaken());
        }
        match swap(cas, &value) {
            Ok(()) => {
                self.value = value;
                Ok(())
            }
            Err(CasError::CasFailed(_)) => Err(overtaken()),
            Err(CasError::StoreError(error)) => Err(failed(error)),
        }
    }
}

/// Converts the store's error for the loop.
pub fn failed(error: Error) -> StoreError {
    StoreError::Failed(match error {
        Error::NoSuchStore => {
            "there is no key-value store named default; check key_value_stores in spin.toml"
                .to_owned()
        }
        Error::AccessDenied => {
            "access to the key-value store is denied; check key_value_stores in spin.toml"
                .to_owned()
        }
        Error::Other(why) => format!("the key-value store failed: {why}"),
    })
}

/// Encodes the expiry of a lease, with 16 random bits that distinguish two leases of the same millisecond.
fn value(until_ms: u64) -> [u8; 8] {
    ((until_ms << 16) | (get_random_u64() & 0xffff)).to_le_bytes()
}

/// Decodes the expiry of a lease: 0 if it is free. A value that is not a lease counts as free.
fn until(value: Option<Vec<u8>>) -> u64 {
    let eight = value.and_then(|value| <[u8; 8]>::try_from(value).ok());
    eight.map_or(0, u64::from_le_bytes) >> 16
}

fn now_ms() -> u64 {
    let now = system_clock::now();
    u64::try_from(now.seconds).unwrap_or(0).saturating_mul(1_000)
        + u64::from(now.nanoseconds / 1_000_000)
}
