//! Watches for changes in the tenants' folders.

use super::folder::{NAME_CHARS_MAX, is_name};
use crate::exit::{Failure, Result, missing};
use notify::{Config, Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Interval, MissedTickBehavior};

/// How long to collect further changes, because an editor writes a file in several steps.
const SETTLE: Duration = Duration::from_millis(200);

/// Interval at which all folders are checked, in case the system lost a change or cannot watch so
/// many folders.
const CHECK_EVERY: Duration = Duration::from_secs(60);

/// Folders to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// All folders.
    All,
    /// The folders with these names.
    Some(HashSet<String>),
}

/// Returns the names of all tenants' folders.
///
/// # Errors
///
/// Returns [`Failure::Refused`] if `dir` cannot be read.
pub fn names(dir: &Path) -> Result<HashSet<String>> {
    let refuse = |error| Failure::Refused(format!("--dir {}: {error}", dir.display()));
    let mut all = HashSet::new();
    for entry in std::fs::read_dir(dir).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        let name = entry.file_name();
        // A link to a folder is not a tenant.
        if entry.file_type().is_ok_and(|kind| kind.is_dir())
            && !name.as_encoded_bytes().starts_with(b".")
        {
            match name.to_str().filter(|name| is_name(name)) {
                Some(name) => drop(all.insert(name.to_owned())),
                None => tracing::warn!(
                    "the folder {name:?} is ignored; a tenant's name has at most \
                     {NAME_CHARS_MAX} letters, digits, -, _ and ."
                ),
            }
        }
    }
    Ok(all)
}

/// Watches the folder of tenants and the folders directly in it, but nothing below them. Follows no
/// links.
pub struct Watch {
    dir: PathBuf,
    events: UnboundedReceiver<notify::Result<Event>>,
    watcher: RecommendedWatcher,
    checks: Interval,
    is_logged: bool,
}

impl Watch {
    /// Starts to watch.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if `dir` is not a folder or cannot be watched.
    pub fn start(dir: &Path) -> Result<Self> {
        let refuse = |why: String| Failure::Refused(format!("--dir {}: {why}", dir.display()));
        let dir = dir.canonicalize().map_err(|error| refuse(missing(&error)))?;
        if !dir.is_dir() {
            return Err(refuse("is not a folder".to_owned()));
        }
        let (sender, events) = unbounded_channel();
        // Reading a file is not a change. Sending fails only if the command is about to end.
        let forward = move |event: notify::Result<Event>| {
            if event.as_ref().map_or(true, |event| !event.kind.is_access()) {
                let _ = sender.send(event);
            }
        };
        let watcher =
            RecommendedWatcher::new(forward, Config::default().with_follow_symlinks(false))
                .map_err(|error| refuse(error.to_string()))?;
        let mut checks = tokio::time::interval(CHECK_EVERY);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        checks.reset();
        let mut watch = Self { dir, events, watcher, checks, is_logged: false };
        let whole = watch.dir.clone();
        watch.also(&whole);
        Ok(watch)
    }

    /// Also watches this folder. Calling it again has no effect.
    pub fn also(&mut self, folder: &Path) {
        if folder.is_symlink() || !folder.is_dir() {
            return;
        }
        if let Err(error) = self.watcher.watch(folder, RecursiveMode::NonRecursive)
            && !self.is_logged
        {
            self.is_logged = true;
            let seconds = CHECK_EVERY.as_secs();
            tracing::warn!("some changes are noticed only after up to {seconds} s: {error}");
        }
    }

    /// Waits for changes. The future can be dropped: the next check of all folders finds a change that
    /// it has not returned.
    pub async fn next(&mut self) -> Changes {
        let first = tokio::select! {
            _ = self.checks.tick() => return Changes::All,
            event = self.events.recv() => event,
        };
        tokio::time::sleep(SETTLE).await;
        let mut names = HashSet::new();
        let mut event = first;
        // Bounded by the events received so far.
        while let Some(received) = event {
            match received {
                Ok(change) if !change.need_rescan() => {
                    names.extend(change.paths.iter().filter_map(|path| self.tenant(path)));
                }
                _ => return Changes::All,
            }
            event = self.events.try_recv().ok();
        }
        Changes::Some(names)
    }

    /// Returns the tenant that a path belongs to.
    fn tenant(&self, path: &Path) -> Option<String> {
        let first = path.strip_prefix(&self.dir).ok()?.components().next()?;
        let name = first.as_os_str().to_str()?;
        is_name(name).then(|| name.to_owned())
    }
}
