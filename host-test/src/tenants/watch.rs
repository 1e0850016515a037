//! Which tenants' folders changed.

use super::folder::is_name;
use crate::exit::{Failure, Result};
use notify::{Config, Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Interval, MissedTickBehavior};

/// What changes together is looked at together: an editor writes a file in several steps.
const SETTLE: Duration = Duration::from_millis(200);

/// All folders are looked at this often besides, in case the system lost a change, or cannot watch
/// so many of them.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Folders to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// Each of them.
    All,
    /// These.
    Some(HashSet<String>),
}

/// The names of all tenants' folders.
///
/// # Errors
///
/// [`Failure::Refused`] when the folder of folders cannot be read.
pub fn names(dir: &Path) -> Result<HashSet<String>> {
    let refuse = |error| Failure::Refused(format!("--dir {}: {error}", dir.display()));
    let mut all = HashSet::new();
    for entry in std::fs::read_dir(dir).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        let name = entry.file_name();
        // A link is no folder here.
        if entry.file_type().is_ok_and(|kind| kind.is_dir())
            && !name.as_encoded_bytes().starts_with(b".")
        {
            match name.to_str().filter(|name| is_name(name)) {
                Some(name) => drop(all.insert(name.to_owned())),
                None => tracing::warn!(
                    "{name:?} is left alone: a tenant's name has letters, digits, -, _ and ."
                ),
            }
        }
    }
    Ok(all)
}

/// Watches a folder of folders: itself and, each for itself, the folders in it. What tenants put below theirs is not
/// looked at, nor where their links lead.
pub struct Watch {
    dir: PathBuf,
    events: UnboundedReceiver<notify::Result<Event>>,
    watcher: RecommendedWatcher,
    looks: Interval,
    is_told: bool,
}

impl Watch {
    /// Begins to watch.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when there is no such folder.
    pub fn start(dir: &Path) -> Result<Self> {
        let refuse = |why: String| Failure::Refused(format!("--dir {}: {why}", dir.display()));
        let dir = dir.canonicalize().map_err(|error| refuse(error.to_string()))?;
        if !dir.is_dir() {
            return Err(refuse("is no folder".to_owned()));
        }
        let (sender, events) = unbounded_channel();
        // Reading is no change. Nobody listens any more when the command is ending.
        let tell = move |event: notify::Result<Event>| {
            if event.as_ref().map_or(true, |event| !event.kind.is_access()) {
                let _ = sender.send(event);
            }
        };
        let watcher = RecommendedWatcher::new(tell, Config::default().with_follow_symlinks(false))
            .map_err(|error| refuse(error.to_string()))?;
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.reset();
        let mut watch = Self { dir, events, watcher, looks, is_told: false };
        let whole = watch.dir.clone();
        watch.also(&whole);
        Ok(watch)
    }

    /// Watches a folder, too; once more does no harm.
    pub fn also(&mut self, folder: &Path) {
        if folder.is_symlink() || !folder.is_dir() {
            return;
        }
        if let Err(error) = self.watcher.watch(folder, RecursiveMode::NonRecursive)
            && !self.is_told
        {
            self.is_told = true;
            let seconds = LOOK_EVERY.as_secs();
            tracing::warn!("some changes are looked for every {seconds} s only: {error}");
        }
    }

    /// Waits for changes. It may be dropped and called again: what it has not given, a look at all finds later.
    pub async fn next(&mut self) -> Changes {
        let first = tokio::select! {
            _ = self.looks.tick() => return Changes::All,
            event = self.events.recv() => event,
        };
        tokio::time::sleep(SETTLE).await;
        let mut names = HashSet::new();
        let mut event = first;
        // Bounded by what the watcher has told so far.
        while let Some(told) = event {
            match told {
                Ok(told) if !told.need_rescan() => {
                    names.extend(told.paths.iter().filter_map(|path| self.tenant(path)));
                }
                _ => return Changes::All,
            }
            event = self.events.try_recv().ok();
        }
        Changes::Some(names)
    }

    /// The tenant that a path belongs to.
    fn tenant(&self, path: &Path) -> Option<String> {
        let first = path.strip_prefix(&self.dir).ok()?.components().next()?;
        let name = first.as_os_str().to_str()?;
        is_name(name).then(|| name.to_owned())
    }
}
