//! A tenant's checkpoint in the key-value store, moved only by who holds the lease.

use source_driver::StoreError;

use crate::bindings::wasi::keyvalue::atomics::{Cas, CasError, increment, swap};
use crate::bindings::wasi::keyvalue::store::Bucket;
use crate::lease::{Lease, failed};

/// What stands where no checkpoint was stored yet.
const NONE: [u8; 8] = [0; 8];

/// Where a tenant's checkpoint lies.
pub struct Store {
    bucket: Bucket,
    lease: Lease,
    key: String,
    /// As it stands in the store.
    stored: Option<Vec<u8>>,
}

impl Store {
    /// The store of a tenant whose lease is held.
    pub fn new(bucket: Bucket, lease: Lease, tenant: &str) -> Self {
        Self { bucket, lease, key: format!("checkpoint/{tenant}"), stored: None }
    }

    /// The stored checkpoint.
    ///
    /// # Errors
    ///
    /// What the store says, or that the checkpoint is no text.
    pub fn load(&mut self) -> Result<Option<String>, StoreError> {
        self.stored = self.bucket.get(&self.key).map_err(failed)?;
        if self.stored.is_none() {
            // As for a lease: a swap from nothing would overwrite what another poll stored meanwhile.
            increment(&self.bucket, &self.key, 0).map_err(failed)?;
            self.stored = self.bucket.get(&self.key).map_err(failed)?;
        }
        let stored = self.stored.clone().filter(|stored| *stored != NONE);
        stored.map(String::from_utf8).transpose().map_err(|_| {
            let key = &self.key;
            StoreError::Corrupt(format!(
                "the value of {key} in the key-value store is no text; restore it, or delete it to begin anew"
            ))
        })
    }

    /// Holds the lease for as long again.
    ///
    /// # Errors
    ///
    /// As [`Lease::renew`].
    pub fn renew(&mut self) -> Result<(), StoreError> {
        self.lease.renew(&self.bucket)
    }

    /// Stores a checkpoint in place of the last one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Overtaken`] where another poll moved it, or what the store says.
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

    /// Lets another poll begin. Where that fails, the lease ends by itself.
    pub fn close(self) {
        let _ = self.lease.give_back(&self.bucket);
    }
}

fn overtaken() -> StoreError {
    StoreError::Overtaken("the checkpoint was moved by something else meanwhile".to_owned())
}
