//! The engine of the tests: configuration, buckets, the log. Messages and clocks are in modules of their own. The
//! engine can crash at each call that has an effect: before the effect, during it, or after.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::IoView;

use crate::bindings::wasi::config::store as config;
use crate::bindings::wasi::keyvalue::{atomics, store};
use crate::bindings::wasi::logging::logging;
use crate::egress::Egress;
use crate::kept::{put, stored};
use crate::world::Shared;

/// A point where a run pauses for inspection. It continues when `resume` is sent, and never if that is dropped.
pub enum Pause {
    Slept(u64, oneshot::Sender<()>),
    Gate(oneshot::Sender<()>),
}

/// The steps of a run: two or three per call with an effect.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    /// The step at which the run traps, counted from 1.
    pub crash_at: Option<usize>,
    /// The step at which the run waits.
    pub gate_at: Option<usize>,
    /// The names of the steps done so far.
    pub done: Arc<Mutex<Vec<&'static str>>>,
}

pub struct Bucket(String);

pub struct Host {
    pub table: ResourceTable,
    pub http: WasiHttpCtx,
    pub egress: Egress,
    pub shared: Arc<Shared>,
    pub steps: Steps,
    pub database: Connection,
    pub line: Option<TcpStream>,
    pub pauses: mpsc::UnboundedSender<Pause>,
}

impl Host {
    pub async fn step(&mut self, name: &'static str) -> wasmtime::Result<()> {
        let number = {
            let mut done = self.steps.done.lock().unwrap();
            done.push(name);
            done.len()
        };
        if self.steps.gate_at == Some(number) {
            let (resume, resumed) = oneshot::channel();
            let _ = self.pauses.send(Pause::Gate(resume));
            if resumed.await.is_err() {
                // The test is done and drops this instance.
                std::future::pending::<()>().await;
            }
        }
        match self.steps.crash_at == Some(number) {
            true => Err(wasmtime::Error::msg("injected crash")),
            false => Ok(()),
        }
    }
}

impl IoView for Host {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiHttpView for Host {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.egress, table: &mut self.table, ctx: &mut self.http }
    }
}

impl config::Host for Host {
    async fn get(
        &mut self,
        key: String,
    ) -> wasmtime::Result<Result<Option<String>, config::Error>> {
        Ok(Ok(self.shared.config.lock().unwrap().get(&key).cloned()))
    }

    async fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, config::Error>> {
        Ok(Ok(self.shared.config.lock().unwrap().clone().into_iter().collect()))
    }
}

impl store::Host for Host {
    async fn open(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<Resource<Bucket>, store::Error>> {
        if self.shared.bucket_is_down.load(Ordering::Relaxed) {
            return Ok(Err(store::Error::Other("no answer".into())));
        }
        Ok(Ok(self.table.push(Bucket(name))?))
    }
}

impl store::HostBucket for Host {
    async fn get(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, store::Error>> {
        self.step("get").await?;
        let name = &self.table.get(&bucket)?.0;
        Ok(Ok(stored(&self.database, name, &key)))
    }

    async fn set(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), store::Error>> {
        self.step("set: before").await?;
        if self.shared.bucket_is_down.load(Ordering::Relaxed) {
            return Ok(Err(store::Error::Other("no answer".into())));
        }
        let name = &self.table.get(&bucket)?.0;
        put(&self.database, name, &key, &value);
        self.shared.note_stored(&key, &value);
        self.step("set: after").await?;
        Ok(Ok(()))
    }

    async fn delete(
        &mut self,
        _: Resource<Bucket>,
        _: String,
    ) -> wasmtime::Result<Result<(), store::Error>> {
        Err(wasmtime::Error::msg("delete is never called"))
    }

    async fn exists(
        &mut self,
        _: Resource<Bucket>,
        _: String,
    ) -> wasmtime::Result<Result<bool, store::Error>> {
        Err(wasmtime::Error::msg("exists is never called"))
    }

    async fn list_keys(
        &mut self,
        _: Resource<Bucket>,
        _: Option<u64>,
    ) -> wasmtime::Result<Result<store::KeyResponse, store::Error>> {
        Err(wasmtime::Error::msg("list_keys is never called"))
    }

    async fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for Host {
    async fn increment(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        delta: u64,
    ) -> wasmtime::Result<Result<u64, store::Error>> {
        self.step("increment: before").await?;
        let name = self.table.get(&bucket)?.0.clone();
        let bytes = stored(&self.database, &name, &key).unwrap_or(vec![0; 8]);
        // Stored as NATS does.
        let number = u64::from_be_bytes(bytes.try_into().unwrap()) + delta;
        put(&self.database, &name, &key, &number.to_be_bytes());
        self.step("increment: after").await?;
        Ok(Ok(number))
    }
}

impl logging::Host for Host {
    async fn log(
        &mut self,
        level: logging::Level,
        context: String,
        message: String,
    ) -> wasmtime::Result<()> {
        self.shared.log.lock().unwrap().push(format!("{level:?} {context} {message}"));
        Ok(())
    }
}
