//! Which tenants' folders changed.

use super::folder::is_name;
use crate::exit::{Failure, Result};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

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

impl Changes {
    /// No folder.
    pub fn none() -> Self {
        Self::Some(HashSet::new())
    }

    /// The names of the folders to look at; `known`: those that were there before.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when the folder of folders cannot be read.
    pub fn names<'a>(
        self,
        dir: &Path,
        known: impl Iterator<Item = &'a String>,
    ) -> Result<Vec<String>> {
        if let Self::Some(names) = self {
            return Ok(names.into_iter().collect());
        }
        let refuse = |error| Failure::Refused(format!("--dir {}: {error}", dir.display()));
        let mut all: HashSet<String> = known.cloned().collect();
        for entry in std::fs::read_dir(dir).map_err(refuse)? {
            let entry = entry.map_err(refuse)?;
            // A link is no folder here.
            if entry.file_type().is_ok_and(|kind| kind.is_dir())
                && let Some(name) = entry.file_name().to_str()
            {
                match is_name(name) {
                    true => drop(all.insert(name.to_owned())),
                    false if name.starts_with('.') => {}
                    false => tracing::warn!(
                        "{name:?} is left alone: letters, digits, -, _ and . make a tenant's name"
                    ),
                }
            }
        }
        Ok(all.into_iter().collect())
    }
}

/// Watches a folder of folders.
pub struct Watch {
    dir: PathBuf,
    events: UnboundedReceiver<notify::Result<Event>>,
    _watcher: RecommendedWatcher,
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
        // Nobody listens any more when the command is ending.
        let tell = move |event| drop(sender.send(event));
        let mut watcher =
            notify::recommended_watcher(tell).map_err(|error| refuse(error.to_string()))?;
        if let Err(error) = watcher.watch(&dir, RecursiveMode::Recursive) {
            let seconds = LOOK_EVERY.as_secs();
            tracing::warn!("changes are looked for every {seconds} s only: {error}");
        }
        Ok(Self { dir, events, _watcher: watcher })
    }

    /// Waits for changes. It may be dropped and called again: what it has not given, it gives then.
    pub async fn next(&mut self) -> Changes {
        let first = tokio::time::timeout(LOOK_EVERY, self.events.recv()).await;
        let Ok(Some(first)) = first else { return Changes::All };
        tokio::time::sleep(SETTLE).await;
        let mut names = HashSet::new();
        let mut event = Some(first);
        // Bounded by what the watcher has told so far.
        while let Some(told) = event {
            match told {
                Ok(told) if told.kind.is_access() => {}
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
