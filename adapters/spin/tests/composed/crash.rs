//! Crash points: places where the process ends, before or after what it was about to do is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// Counts the places that were passed, and stops at one of them.
#[derive(Clone, Default)]
pub struct Crash(Arc<Inner>);

#[derive(Default)]
struct Inner {
    passed: AtomicU64,
    /// 0: never.
    at: AtomicU64,
    crashed: Notify,
}

impl Crash {
    /// A place that is passed; at the chosen one the process has ended, and nothing goes on.
    pub async fn point(&self) {
        let passed = self.0.passed.fetch_add(1, Ordering::SeqCst) + 1;
        if passed == self.0.at.load(Ordering::SeqCst) {
            self.0.crashed.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Chooses the place, counted from here on; 0 for none.
    pub fn arm(&self, at: u64) {
        self.0.passed.store(0, Ordering::SeqCst);
        self.0.at.store(at, Ordering::SeqCst);
    }

    /// How many places were passed since then.
    pub fn passed(&self) -> u64 {
        self.0.passed.load(Ordering::SeqCst)
    }

    /// Waits until the process has ended.
    pub async fn ended(&self) {
        self.0.crashed.notified().await;
    }
}
