//! A tenant's checkpoint in the key-value store. Only the holder of the lease replaces it.

use source_driver::StoreError;

use crate::bindings::wasi::keyvalue::atomics::{Cas, CasError, increment, swap};
use crate::bindings::wasi::keyvalue::store::Bucket;
use crate::lease::{Lease, failed};

/// The value of a key under which no checkpoint has been stored yet.
const NONE: [u8; 8] = [0; 8];

/// The store of a tenant's checkpoint.
pub struct Store {
    bucket: Bucket,
    lease: Lease,
    key: String,
    /// The value in the store.
    stored: Option<Vec<u8>>,
}

impl Store {
    /// Returns the store of a tenant whose lease is held.
    pub fn new(bucket: Bucket, lease: Lease, tenant: &str) -> Self {
        Self { bucket, lease, key: format!("checkpoint/{tenant}"), stored: None }
    }

    /// Returns the stored checkpoint.
    ///
    /// # Errors
    ///
    /// Returns the store's error, or [`StoreError::Corrupt`] if the checkpoint is not text.
    pub fn load(&mut self) -> Result<Option<String>, StoreError> {
        self.stored = self.bucket.get(&self.key).map_err(failed)?;
        if self.stored.is_none() {
            // As for a lease, a swap that expects no value would overwrite what another poll stored in between.
            increment(&self.bucket, &self.key, 0).map_err(failed)?;
            self.stored = self.bucket.get(&self.key).map_err(failed)?;
        }
        let stored = self.stored.clone().filter(|stored| *stored != NONE);
        stored.map(String::from_utf8).transpose().map_err(|_| {
            let key = &self.key;
            StoreError::Corrupt(format!(
                "the value of {key} in the key-value store is not text; restore it, or delete it to start over"
            ))
        })
    }

    /// Renews the lease for its full duration.
    ///
    /// # Errors
    ///
    /// Fails as [`Lease::renew`] does.
    pub fn renew(&mut self) -> Result<(), StoreError> {
        self.lease.renew(&self.bucket)
    }

    /// Replaces the last checkpoint.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Overtaken`] if another poll replaced it, or the store's error.
    pub fn store(&mut self, checkpoint: &str) -> Result<(), StoreError> {
        self.renew()?;
        let cas = Cas::new(&self.bucket, &self.key).map_err(failed)?;
        if cas.current().map_err(failed)? != self.stored {
            return Err(overtaken());
        }
        match swap(cas, checkpoint.as_bytes()) {
            Ok(()) => {
                self.stored = Some(checkpoint.as_bytes().to_vec());
                Ok(())
            }
            Err(CasError::CasFailed(_)) => Err(overtaken()),
            Err(CasError::StoreError(error)) => Err(failed(error)),
        }
    }

    /// Releases the lease, so that another poll can start. If that fails, the lease expires.
    pub fn close(self) {
        let _ = self.lease.give_back(&self.bucket);
    }
}

fn overtaken() -> StoreError {
    StoreError::Overtaken("another writer has replaced the checkpoint".to_owned())
}
