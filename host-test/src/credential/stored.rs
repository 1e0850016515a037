//! A secret in a file, which is read again when the file changes. Kubernetes, systemd and Vault agents replace such
//! files to rotate a secret.
#![allow(clippy::disallowed_methods, reason = "reads files")]

use std::fs::metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Parses what was stored. An error says what is wrong without quoting it.
type Parse<T> = fn(&str) -> Result<T, String>;

/// A secret and, if it may change, its file.
pub(crate) struct Stored<T> {
    file: Option<PathBuf>,
    read: fn(&Path) -> Result<String, String>,
    parse: Parse<T>,
    latest: Mutex<Latest<T>>,
}

struct Latest<T> {
    value: T,
    /// What identified the file's content when it was read.
    stamp: Option<Stamp>,
}

/// Device, inode, modification time in seconds and nanoseconds, size.
type Stamp = (u64, u64, i64, i64, u64);

impl<T: Clone> Stored<T> {
    /// Parses a secret. With a `file`, it is read again by `read` when the file changes.
    ///
    /// # Errors
    ///
    /// Returns the error of `parse`.
    pub fn new(
        text: &str,
        file: Option<PathBuf>,
        read: fn(&Path) -> Result<String, String>,
        parse: Parse<T>,
    ) -> Result<Self, String> {
        let latest = Mutex::new(Latest { value: parse(text)?, stamp: None });
        Ok(Self { file, read, parse, latest })
    }

    /// Returns a secret that does not change.
    pub fn fixed(value: T) -> Self {
        let latest = Mutex::new(Latest { value, stamp: None });
        Self { file: None, read: |_| Err(String::new()), parse: |_| Err(String::new()), latest }
    }

    /// Returns the secret, after reading its file again if the file changed. If it cannot be read, or holds no valid
    /// secret, the previous secret stays in use.
    pub fn current(&self) -> T {
        self.look(false)
    }

    /// Returns the secret after reading its file again, even if it seems unchanged.
    pub fn again(&self) -> T {
        self.look(true)
    }

    /// Returns whether the secret can change.
    pub fn is_file(&self) -> bool {
        self.file.is_some()
    }

    fn look(&self, is_forced: bool) -> T {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &self.file {
            // Taken before reading: a later change is seen next time.
            let stamp = metadata(file)
                .ok()
                .map(|data| (data.dev(), data.ino(), data.mtime(), data.mtime_nsec(), data.size()));
            if is_forced || stamp != latest.stamp {
                let is_news = stamp != latest.stamp;
                latest.stamp = stamp;
                match (self.read)(file).and_then(|text| (self.parse)(&text)) {
                    Ok(value) => latest.value = value,
                    // Once per change of the file.
                    Err(why) if is_news => tracing::warn!(
                        "{}: {why}; the previous secret is still used",
                        file.display()
                    ),
                    Err(_) => {}
                }
            }
        }
        latest.value.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(text: &str, file: &Path) -> Result<Stored<String>, String> {
        let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| error.to_string());
        let parse = |text: &str| match text.is_empty() {
            true => Err("is empty".to_owned()),
            false => Ok(text.to_owned()),
        };
        Stored::new(text, Some(file.to_owned()), read, parse)
    }

    #[test]
    fn a_replaced_file_is_read_again_and_a_broken_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let stored = stored("one", &file).unwrap();
        assert_eq!(stored.current(), "one", "the file does not exist yet");
        std::fs::write(&file, "two").unwrap();
        assert_eq!(stored.current(), "two");
        // As Kubernetes and careful editors do: a new file takes the name.
        std::fs::write(folder.path().join("new"), "six").unwrap();
        std::fs::rename(folder.path().join("new"), &file).unwrap();
        assert_eq!(stored.current(), "six");
        std::fs::write(&file, "").unwrap();
        assert_eq!(stored.current(), "six");
        std::fs::remove_file(&file).unwrap();
        assert_eq!((stored.current(), stored.again()), ("six".to_owned(), "six".to_owned()));
    }
}
