//! An advisory lock that allows only one process per state file and per output.

use crate::exit::{Failure, Result};
use crate::names::{PRIVATE, lock_beside};
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A lock. It is released when it is dropped or the process ends. Its empty file remains.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock for `path`, which is the file `<path>.lock` beside it. Pass the name that
    /// [`crate::names::true_name`] returns, because an alias would have a different lock.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if another process holds the lock or it cannot be created.
    pub fn take(path: &Path) -> Result<Self> {
        let name = lock_beside(path);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(PRIVATE)
            .open(&name)
            .map_err(|error| {
                Failure::Refused(format!("cannot open the lock file {}: {error}", name.display()))
            })?;
        hold(&file, path)?;
        Ok(Self { _file: file })
    }
}

/// Locks an open file itself.
///
/// # Errors
///
/// Returns [`Failure::Refused`] if another process has locked it.
pub fn hold(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let path = path.display();
            Err(Failure::Refused(format!(
                "{path} is in use by another process; stop that process first, or use another file"
            )))
        }
        Err(TryLockError::Error(error)) => {
            Err(Failure::Refused(format!("cannot lock {}: {error}", path.display())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_file_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.sqlite");
        let first = Lock::take(&path).unwrap();
        let error = Lock::take(&path).unwrap_err();
        assert!(error.to_string().contains("x.sqlite is in use"), "{error}");
        drop(first);
        Lock::take(&path).unwrap();
    }
}
