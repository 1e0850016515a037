//! A tenant's checkpoint in the key-value store, moved only by who holds the lease.

use source_driver::StoreError;

use crate::bindings::wasi::keyvalue::atomics::{Cas, CasError, swap};
use crate::bindings::wasi::keyvalue::store::Bucket;
use crate::lease::{Lease, failed};

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
        match self.stored.clone().map(String::from_utf8).transpose() {
            Ok(text) => Ok(text),
            Err(_) => Err(StoreError::Failed(format!("the value of {} is no text", self.key))),
        }
    }

    /// Stores a checkpoint in place of the last one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Overtaken`] where another poll moved it, or what the store says.
    pub fn store(&mut self, checkpoint: &str) -> Result<(), StoreError> {
        self.lease.renew(&self.bucket)?;
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
