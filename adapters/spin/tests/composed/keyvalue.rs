//! Spin's key-value store as it behaves with SQLite, including compare-and-swap: values are compared, and a swap that
//! expects no value overwrites.

use crate::bindings::wasi::keyvalue::{atomics, store};
use crate::crash::Crash;
use atomics::CasError;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;
use store::{Error, KeyResponse};
use wasmtime::Result;
use wasmtime::component::{HasData, Resource, ResourceTable};

/// The store of one instance.
pub struct KeyValue {
    connection: Connection,
    pub crash: Crash,
}

pub struct Bucket;

pub struct Cas {
    key: String,
    seen: Option<Vec<u8>>,
}

impl KeyValue {
    pub fn open(path: &Path, crash: Crash) -> Self {
        let connection = Connection::open(path).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE IF NOT EXISTS kv (key TEXT PRIMARY KEY, value BLOB NOT NULL)",
            )
            .unwrap();
        Self { connection, crash }
    }

    pub fn value(&self, key: &str) -> Option<Vec<u8>> {
        let found =
            self.connection
                .query_row("SELECT value FROM kv WHERE key = ?1", [key], |row| row.get(0));
        found.optional().unwrap()
    }

    pub fn put(&self, key: &str, value: &[u8]) -> bool {
        let sql = "INSERT INTO kv VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2";
        self.connection.execute(sql, params![key, value]).unwrap() == 1
    }

    fn increment(&mut self, key: &str, delta: i64) -> i64 {
        let behavior = rusqlite::TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior).unwrap();
        let old =
            transaction.query_row("SELECT value FROM kv WHERE key = ?1", [key], |row| row.get(0));
        let old: Option<Vec<u8>> = old.optional().unwrap();
        // Spin's store panics if the value has another length.
        let sum = delta + old.map_or(0, |value| i64::from_le_bytes(value.try_into().unwrap()));
        transaction
            .execute("INSERT OR REPLACE INTO kv VALUES (?1, ?2)", params![key, sum.to_le_bytes()])
            .unwrap();
        transaction.commit().unwrap();
        sum
    }

    fn swap(&self, cas: &Cas, value: &[u8]) -> bool {
        let Some(seen) = &cas.seen else { return self.put(&cas.key, value) };
        let sql = "UPDATE kv SET value = ?2 WHERE key = ?1 AND value = ?3";
        self.connection.execute(sql, params![cas.key, value, seen]).unwrap() == 1
    }
}

/// The store and the table of its handles.
pub struct View<'a> {
    pub keyvalue: &'a mut KeyValue,
    pub table: &'a mut ResourceTable,
}

pub struct HasKeyValue;

impl HasData for HasKeyValue {
    type Data<'a> = View<'a>;
}

impl store::Host for View<'_> {
    async fn open(&mut self, identifier: String) -> Result<Result<Resource<Bucket>, Error>> {
        match identifier.as_str() {
            "default" => Ok(Ok(self.table.push(Bucket)?)),
            _ => Ok(Err(Error::NoSuchStore)),
        }
    }
}

impl store::HostBucket for View<'_> {
    async fn get(
        &mut self,
        _: Resource<Bucket>,
        key: String,
    ) -> Result<Result<Option<Vec<u8>>, Error>> {
        self.keyvalue.crash.point().await;
        Ok(Ok(self.keyvalue.value(&key)))
    }

    async fn set(
        &mut self,
        _: Resource<Bucket>,
        _: String,
        _: Vec<u8>,
    ) -> Result<Result<(), Error>> {
        Ok(Err(Error::AccessDenied)) // Nothing may be set without comparing.
    }

    async fn delete(&mut self, _: Resource<Bucket>, _: String) -> Result<Result<(), Error>> {
        Ok(Err(Error::AccessDenied))
    }

    async fn exists(&mut self, _: Resource<Bucket>, key: String) -> Result<Result<bool, Error>> {
        Ok(Ok(self.keyvalue.value(&key).is_some()))
    }

    async fn list_keys(
        &mut self,
        _: Resource<Bucket>,
        _: Option<String>,
    ) -> Result<Result<KeyResponse, Error>> {
        Ok(Err(Error::AccessDenied))
    }

    async fn drop(&mut self, bucket: Resource<Bucket>) -> Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for View<'_> {
    async fn increment(
        &mut self,
        _: Resource<Bucket>,
        key: String,
        delta: i64,
    ) -> Result<Result<i64, Error>> {
        self.keyvalue.crash.point().await;
        let sum = self.keyvalue.increment(&key, delta);
        self.keyvalue.crash.point().await;
        Ok(Ok(sum))
    }

    async fn swap(&mut self, cas: Resource<Cas>, value: Vec<u8>) -> Result<Result<(), CasError>> {
        let Cas { key, seen } = self.table.delete(cas)?;
        self.keyvalue.crash.point().await;
        let done = self.keyvalue.swap(&Cas { key: key.clone(), seen }, &value);
        self.keyvalue.crash.point().await;
        match done {
            true => Ok(Ok(())),
            false => {
                let seen = self.keyvalue.value(&key);
                Ok(Err(CasError::CasFailed(self.table.push(Cas { key, seen })?)))
            }
        }
    }
}

impl atomics::HostCas for View<'_> {
    async fn new(
        &mut self,
        _: Resource<Bucket>,
        key: String,
    ) -> Result<Result<Resource<Cas>, Error>> {
        Ok(Ok(self.table.push(Cas { key, seen: None })?))
    }

    async fn current(&mut self, cas: Resource<Cas>) -> Result<Result<Option<Vec<u8>>, Error>> {
        let cas = self.table.get_mut(&cas)?;
        cas.seen = self.keyvalue.value(&cas.key);
        Ok(Ok(cas.seen.clone()))
    }

    async fn drop(&mut self, cas: Resource<Cas>) -> Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}
