//! One poll of a tenant at a time: a lease in the key-value store, eight bytes that only compare-and-swap changes.
//!
//! Spin's SQLite store compares values, and a swap from nothing overwrites whatever another one wrote meanwhile. So the
//! key is made by `increment`, which is atomic, and from then on swaps begin with a value. A lease ends by itself: a
//! poll that was killed holds up its tenant for three minutes.

use source_driver::StoreError;
use spin_sdk::wasip3::clocks::system_clock;
use spin_sdk::wasip3::random::random::get_random_u64;

use crate::bindings::wasi::keyvalue::atomics::{Cas, CasError, increment, swap};
use crate::bindings::wasi::keyvalue::store::{Bucket, Error};

/// How long a lease holds after it was taken or renewed, in milliseconds. It is renewed before each wait, each body to the
/// collector and each checkpoint; between two of them lies one call of the source, which gives up after 120 s. A poll that
/// is slower still finds itself overtaken, and loses nothing.
const LEASE_MS: u64 = 180_000;
/// How far the clocks of two machines may lie apart. A lease that ends later than so is of a clock that was wrong.
const APART_MS: u64 = 60_000;

/// A lease that is held.
pub struct Lease {
    key: String,
    /// As it stands in the store.
    value: [u8; 8],
}

impl Lease {
    /// Takes the lease of a tenant, or says for how many milliseconds another one holds it.
    ///
    /// # Errors
    ///
    /// What the store says.
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

    /// Holds it for as long again. A renewed lease was nobody else's in between.
    ///
    /// # Errors
    ///
    /// [`StoreError::Overtaken`] where it ran out and another one took it.
    pub fn renew(&mut self, bucket: &Bucket) -> Result<(), StoreError> {
        self.change(bucket, value(now_ms() + LEASE_MS))
    }

    /// Gives it back.
    ///
    /// # Errors
    ///
    /// As [`Lease::renew`]; it ends by itself then.
    pub fn give_back(mut self, bucket: &Bucket) -> Result<(), StoreError> {
        self.change(bucket, [0; 8])
    }

    fn change(&mut self, bucket: &Bucket, value: [u8; 8]) -> Result<(), StoreError> {
        let overtaken =
            || StoreError::Overtaken("another poll of this tenant took over meanwhile".to_owned());
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

/// What the store says, for the loop.
pub fn failed(error: Error) -> StoreError {
    StoreError::Failed(match error {
        Error::NoSuchStore => {
            "there is no key-value store default: see key_value_stores in spin.toml".to_owned()
        }
        Error::AccessDenied => {
            "the key-value store is denied: see key_value_stores in spin.toml".to_owned()
        }
        Error::Other(why) => format!("the key-value store: {why}"),
    })
}

/// Until when a lease holds, with 16 bits that tell two of the same millisecond apart.
fn value(until_ms: u64) -> [u8; 8] {
    ((until_ms << 16) | (get_random_u64() & 0xffff)).to_le_bytes()
}

/// Until when it holds: 0 where it is free. What is no lease is free, too.
fn until(value: Option<Vec<u8>>) -> u64 {
    let eight = value.and_then(|value| <[u8; 8]>::try_from(value).ok());
    eight.map_or(0, u64::from_le_bytes) >> 16
}

fn now_ms() -> u64 {
    let now = system_clock::now();
    u64::try_from(now.seconds).unwrap_or(0).saturating_mul(1_000)
        + u64::from(now.nanoseconds / 1_000_000)
}
