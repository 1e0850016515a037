//! A secret in a file, which is read again when the file changes. Kubernetes, systemd and Vault agents replace such
//! files to rotate a secret.
#![allow(clippy::disallowed_methods, reason = "reads files")]

use crate::credential::token::is_like;
use std::fs::metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Reads a file of a limited size.
type Read = fn(&Path) -> Result<String, String>;

/// Parses what was stored. An error says what is wrong without quoting it.
type Parse<T> = fn(&str) -> Result<T, String>;

/// A secret and, if it may change, its file.
pub(crate) struct Stored<T> {
    source: Option<Source<T>>,
    latest: Mutex<Latest<T>>,
}

struct Source<T> {
    file: PathBuf,
    read: Read,
    parse: Parse<T>,
}

struct Latest<T> {
    value: T,
    /// What identified the file's content when it was read.
    stamp: Option<Stamp>,
}

/// Device, inode, modification time in seconds and nanoseconds, size.
type Stamp = (u64, u64, i64, i64, u64);

impl<T: Clone> Stored<T> {
    /// Parses a secret. If `file` is a regular file, `read` reads it again when it changes. A pipe can be read only once.
    ///
    /// # Errors
    ///
    /// Returns the error of `parse`.
    pub fn new(
        text: &str,
        file: Option<PathBuf>,
        read: Read,
        parse: Parse<T>,
    ) -> Result<Self, String> {
        let stamp = file.as_deref().and_then(stamp);
        let source = file.filter(|_| stamp.is_some()).map(|file| Source { file, read, parse });
        Ok(Self { source, latest: Mutex::new(Latest { value: parse(text)?, stamp }) })
    }

    /// Returns a secret that does not change.
    pub fn fixed(value: T) -> Self {
        Self { source: None, latest: Mutex::new(Latest { value, stamp: None }) }
    }

    /// Returns the secret that was read last.
    pub fn held(&self) -> T {
        self.lock().value.clone()
    }

    /// Returns the secret, after reading its file again if the file changed. If it cannot be read, or holds no valid
    /// secret, the previous secret stays in use.
    pub fn refreshed(&self) -> T {
        self.refresh(false)
    }

    /// Like [`Stored::refreshed`], but reads the file again even if it seems unchanged.
    pub fn reread(&self) -> T {
        self.refresh(true)
    }

    /// Returns whether the secret can change.
    pub fn can_change(&self) -> bool {
        self.source.is_some()
    }

    fn refresh(&self, is_forced: bool) -> T {
        let mut latest = self.lock();
        let Some(Source { file, read, parse }) = &self.source else { return latest.value.clone() };
        // Taken before reading: a later change is seen next time.
        let stamp = stamp(file);
        let is_news = stamp != latest.stamp;
        if is_forced || is_news {
            latest.stamp = stamp;
            let text = match stamp {
                Some(_) => read(file),
                None => Err("is missing, or not a regular file".to_owned()),
            };
            match text.and_then(|text| parse(&text)) {
                Ok(value) => latest.value = value,
                // Once per change of the file.
                Err(why) if is_news => {
                    let name = file.display().to_string();
                    let name = if is_like(&name) { "a secret's file" } else { &name };
                    tracing::warn!("{name} {why}; the previous secret is still used");
                }
                Err(_) => {}
            }
        }
        latest.value.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Latest<T>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns what identifies the content of a regular file.
fn stamp(file: &Path) -> Option<Stamp> {
    let data = metadata(file).ok().filter(|data| data.is_file())?;
    Some((data.dev(), data.ino(), data.mtime(), data.mtime_nsec(), data.size()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str, file: &Path) -> Stored<String> {
        let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| error.to_string());
        let parse = |text: &str| match text.is_empty() {
            true => Err("is empty".to_owned()),
            false => Ok(text.to_owned()),
        };
        Stored::new(text, Some(file.to_owned()), read, parse).unwrap()
    }

    #[test]
    fn a_replaced_file_is_read_again_and_a_broken_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "one").unwrap();
        let stored = stored("one", &file);
        assert_eq!(stored.refreshed(), "one");
        std::fs::write(&file, "three").unwrap();
        assert_eq!((stored.held(), stored.refreshed()), ("one".to_owned(), "three".to_owned()));
        // As Kubernetes and careful editors do: a new file takes the name.
        std::fs::write(folder.path().join("new"), "seven").unwrap();
        std::fs::rename(folder.path().join("new"), &file).unwrap();
        assert_eq!(stored.refreshed(), "seven");
        std::fs::write(&file, "").unwrap();
        assert_eq!(stored.refreshed(), "seven");
        std::fs::remove_file(&file).unwrap();
        assert_eq!((stored.refreshed(), stored.reread()), ("seven".to_owned(), "seven".to_owned()));
    }

    #[test]
    fn a_pipe_is_not_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        let stored = stored("one", &pipe);
        // Opening the pipe would block forever.
        assert_eq!((stored.can_change(), stored.reread()), (false, "one".to_owned()));
    }
}
