//! Crash points: places where the process ends, before or after it does its next step.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// Counts the points passed, and stops at a chosen one.
#[derive(Clone, Default)]
pub struct Crash(Arc<Inner>);

#[derive(Default)]
struct Inner {
    passed: AtomicU64,
    /// The point to crash at; 0 for none.
    at: AtomicU64,
    crashed: Notify,
}

impl Crash {
    /// Passes a point. At the chosen one the process ends: this never returns.
    pub async fn point(&self) {
        let passed = self.0.passed.fetch_add(1, Ordering::SeqCst) + 1;
        if passed == self.0.at.load(Ordering::SeqCst) {
            self.0.crashed.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Chooses the point to crash at, counted from now on; 0 for none.
    pub fn arm(&self, at: u64) {
        self.0.passed.store(0, Ordering::SeqCst);
        self.0.at.store(at, Ordering::SeqCst);
    }

    /// Returns the number of points passed since [`Crash::arm`].
    pub fn passed(&self) -> u64 {
        self.0.passed.load(Ordering::SeqCst)
    }

    /// Waits until the process has ended.
    pub async fn ended(&self) {
        self.0.crashed.notified().await;
    }
}
