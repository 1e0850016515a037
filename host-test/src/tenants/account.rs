//! One tenant's part of the shared state.

use super::rows::{Change, Row};
use super::store::Store;
use crate::exit::Result;
use crate::state::ledger::Ledger;
use crate::state::mark::Mark;

/// A tenant's stored data, and a handle to store more.
#[derive(Debug, Clone)]
pub struct Account {
    store: Store,
    tenant: String,
    row: Row,
    /// The number of events that are being written.
    events: u64,
}

impl Account {
    /// Loads the tenant's data. Blocks until it is read.
    ///
    /// # Errors
    ///
    /// Same as [`Store::load`].
    pub fn open(store: Store, tenant: &str) -> Result<Self> {
        let row = store.load(tenant)?;
        Ok(Self { store, tenant: tenant.to_owned(), row, events: 0 })
    }

    /// Returns the checkpoint, or `None` before the first one.
    pub fn checkpoint(&self) -> Option<&str> {
        self.row.checkpoint.as_deref()
    }

    /// Announces the number of events about to be written. They count once they are settled.
    pub fn writing(&mut self, events: usize) {
        self.events = events as u64;
    }

    /// Keeps a checkpoint that covers no new records. It is stored at the end of the turn.
    pub fn moved(&mut self, checkpoint: String) {
        self.row.checkpoint = Some(checkpoint);
    }
}

impl Ledger for Account {
    fn is_new(&self) -> Result<bool> {
        // Not by the checkpoint: a poll without events moves it without opening the output.
        Ok(self.row.mark.is_none() && !self.row.was_reset)
    }

    fn remedy(&self) -> String {
        format!(
            "stop this process and run `host-test tenants reset --dir DIR {}` to start the tenant \
             over, into the same file",
            self.tenant
        )
    }

    fn mark(&self) -> Result<Option<Mark>> {
        Ok(self.row.mark.clone())
    }

    fn announced(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.row.writing.clone())
    }

    fn announce(&mut self, checkpoint: Option<&str>, mark: &Mark, bytes: &[u8]) -> Result<()> {
        if checkpoint.is_some() {
            // Not together: a tenant has one batch a turn, so this saves nothing.
            self.settle(checkpoint, mark)?;
        }
        self.store.write(&self.tenant, Change::Announce(mark.clone(), bytes.to_vec()))?;
        self.row.mark = Some(mark.clone());
        self.row.writing = Some(bytes.to_vec());
        Ok(())
    }

    fn settle(&mut self, checkpoint: Option<&str>, mark: &Mark) -> Result<()> {
        let body = checkpoint.map(str::to_owned);
        // Opening a file is also settled, but without a checkpoint and events.
        let events = if body.is_some() { std::mem::take(&mut self.events) } else { 0 };
        self.store.write(&self.tenant, Change::Settle(mark.clone(), body.clone(), events))?;
        self.row.mark = Some(mark.clone());
        self.row.writing = None;
        if body.is_some() {
            self.row.checkpoint = body;
        }
        Ok(())
    }
}
