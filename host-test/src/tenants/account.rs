//! One tenant's part of the common state.

use super::rows::{Change, Row};
use super::store::Store;
use crate::exit::Result;
use crate::state::ledger::Ledger;
use crate::state::mark::Mark;

/// What is stored of a tenant, and the way to store more.
#[derive(Debug, Clone)]
pub struct Account {
    store: Store,
    tenant: String,
    row: Row,
    /// Events that are being written.
    events: u64,
}

impl Account {
    /// Loads it; waits for the disk.
    ///
    /// # Errors
    ///
    /// As [`Store::load`].
    pub fn open(store: Store, tenant: &str) -> Result<Self> {
        let row = store.load(tenant)?;
        Ok(Self { store, tenant: tenant.to_owned(), row, events: 0 })
    }

    /// The checkpoint; none before the first was taken.
    pub fn checkpoint(&self) -> Option<&str> {
        self.row.checkpoint.as_deref()
    }

    /// So many events are about to be written; they count when they are settled.
    pub fn writing(&mut self, events: usize) {
        self.events = events as u64;
    }

    /// Takes over a checkpoint that covers no new record: it is stored with the turn's end.
    pub fn moved(&mut self, checkpoint: String) {
        self.row.checkpoint = Some(checkpoint);
    }
}

impl Ledger for Account {
    fn is_new(&self) -> Result<bool> {
        // Not the checkpoint: a poll that found nothing moves it without opening the output.
        Ok(self.row.mark.is_none() && !self.row.is_begun_anew)
    }

    fn remedy(&self) -> String {
        format!(
            "stop this process and run `host-test tenants reset --dir DIR {}`: the tenant is then \
             read from its start again, into the same file",
            self.tenant
        )
    }

    fn mark(&self) -> Result<Option<Mark>> {
        Ok(self.row.mark.clone())
    }

    fn announced(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.row.writing.clone())
    }

    fn announce(&mut self, mark: &Mark, bytes: &[u8]) -> Result<()> {
        self.store.write(&self.tenant, Change::Announce(mark.clone(), bytes.to_vec()))?;
        self.row.mark = Some(mark.clone());
        self.row.writing = Some(bytes.to_vec());
        Ok(())
    }

    fn settle(&mut self, checkpoint: Option<&str>, mark: &Mark) -> Result<()> {
        let body = checkpoint.map(str::to_owned);
        // Also the opening of a file is settled, without a checkpoint and without an event.
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
