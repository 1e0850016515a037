//! Clocks that advance only by the sleeps of the service. Each sleep lasts until the test ends it.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use crate::bindings::wasi::clocks::{monotonic_clock, wall_clock};
use crate::host::{Host, Pause};

/// The source's timeout for a whole exchange, in nanoseconds; no wait of the service itself is as long. It passes in
/// real time.
const EXCHANGE_NS: u64 = 120_000_000_000;

impl wall_clock::Host for Host {
    async fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        let ms = self.shared.now_ms();
        let nanoseconds = (ms % 1_000) as u32 * 1_000_000;
        Ok(wall_clock::Datetime { seconds: ms / 1_000, nanoseconds })
    }

    async fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime { seconds: 0, nanoseconds: 1_000_000 })
    }
}

impl monotonic_clock::Host for Host {
    async fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.shared.now_ms() * 1_000_000)
    }

    async fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1_000_000)
    }

    async fn subscribe_instant(&mut self, _: u64) -> wasmtime::Result<Resource<DynPollable>> {
        Err(wasmtime::Error::msg("subscribe_instant is never called"))
    }

    async fn subscribe_duration(&mut self, ns: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let nap = match ns {
            EXCHANGE_NS => Nap::Real(Instant::now() + Duration::from_nanos(ns)),
            _ => Nap::Told(ns / 1_000_000, self.pauses.clone()),
        };
        let nap = self.table.push(nap)?;
        subscribe(&mut self.table, nap)
    }
}

enum Nap {
    Real(Instant),
    Told(u64, mpsc::UnboundedSender<Pause>),
    Over,
}

#[wasmtime_wasi_io::async_trait]
impl Pollable for Nap {
    async fn ready(&mut self) {
        match self {
            Self::Real(until) => tokio::time::sleep_until(*until).await,
            Self::Told(ms, pauses) => {
                let (resume, resumed) = oneshot::channel();
                let _ = pauses.send(Pause::Slept(*ms, resume));
                if resumed.await.is_err() {
                    // The test is done and drops this instance.
                    std::future::pending::<()>().await;
                }
                *self = Self::Over;
            }
            Self::Over => {}
        }
    }
}
