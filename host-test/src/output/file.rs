//! A file with one record per line, each exactly once, even if the process is killed at any moment.
//!
//! The state remembers the file and its length and, before each write, the bytes about to be
//! appended. A later run truncates what is beyond that length only if it is exactly those bytes, or
//! the beginning of them. Everything else was written by another process; it stays, and new records
//! are appended after it.

use super::lines;
use super::reconcile::{Before, Found, TAIL_BYTES, end_torn_line, tail};
use crate::exit::{Failure, Result};
use crate::guest::contract::Event;
use crate::names::{PRIVATE, folder, no_folder};
use crate::state::causes;
use crate::state::ledger::Ledger;
use crate::state::lock::hold;
use crate::state::mark::Mark;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io::{self, Error, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// An open output file.
#[derive(Debug)]
pub struct FileSink {
    file: File,
    path: PathBuf,
    mark: Mark,
    /// The checkpoint that covers the file up to the mark, until it is stored.
    pending: Option<String>,
    is_accepted: bool,
}

/// What a path turned out to name.
pub enum Opened {
    /// A file that can be truncated.
    File(FileSink),
    /// A pipe or a device.
    Stream(File),
}

impl FileSink {
    /// Opens or creates the file, truncates or repairs its end, and stores its position.
    /// `is_accepted` allows a file that does not match the state.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if the file cannot be opened, another process writes to it, or
    /// it does not match the state; [`Failure::Locked`] if another program has locked the state;
    /// [`Failure::Failed`] if reading or writing fails.
    pub fn open(path: &Path, state: &mut dyn Ledger, is_accepted: bool) -> Result<Opened> {
        let refuse = |error: Error| {
            let why = match folder(path).canonicalize() {
                Ok(_) => error.to_string(),
                Err(error) => no_folder(folder(path), &error),
            };
            Failure::Refused(format!("output {}: {why}", path.display()))
        };
        let fail = |error: Error| Failure::Failed(format!("output {}: {error}", path.display()));
        if path.is_dir() {
            return Err(Failure::Refused(format!(
                "output {} is a folder; name a file in it",
                path.display()
            )));
        }
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return open_special(path).map(Opened::Stream);
        }
        let mut options = OpenOptions::new();
        options.create(true).append(true).read(true).mode(PRIVATE);
        let file = options.open(path).map_err(refuse)?;
        hold(&file, path)?;
        let metadata = file.metadata().map_err(fail)?;
        let (device, inode) = (metadata.dev(), metadata.ino());
        let before = Before {
            mark: state.mark()?,
            announced: state.announced()?,
            is_new: state.is_new()?,
            is_accepted,
            remedy: state.remedy(),
        };
        let found = Found { file: &file, path, length: metadata.len(), id: (device, inode) };
        let length = found.reconcile(&before)?;
        file.sync_all().map_err(fail)?;
        // Even for an existing file: an earlier run may have been killed between creating it and this sync.
        sync_folder(path).map_err(fail)?;
        let tail = tail(&file, length).map_err(fail)?;
        let mark = Mark { device, inode, length, tail };
        // Stored before the first write, even for an empty file. Otherwise the result of a crash could not be
        // distinguished from a file that another process had filled.
        if before.mark.as_ref() != Some(&mark) || before.announced.is_some() {
            state.settle(None, &mark)?;
        }
        let path = path.to_owned();
        Ok(Opened::File(Self { file, path, mark, pending: None, is_accepted }))
    }

    /// Continues in a new file if the path no longer names the open one.
    ///
    /// # Errors
    ///
    /// Same as [`FileSink::open`].
    pub fn reopen(&mut self, state: &mut dyn Ledger) -> Result<()> {
        if !self.is_there() {
            self.settle(state)?;
            tracing::info!(
                "{} was moved or removed; continuing in a new file",
                self.path.display()
            );
            match Self::open(&self.path, state, self.is_accepted)? {
                Opened::File(new) => *self = new,
                Opened::Stream(_) => {
                    return Err(Failure::Refused(format!(
                        "output {}: the file was replaced by a pipe or device; start a new run to \
                         write there",
                        self.path.display()
                    )));
                }
            }
        }
        Ok(())
    }

    /// Appends records, syncs the file, and stores the checkpoint.
    ///
    /// # Errors
    ///
    /// Same as [`FileSink::append`]; call again with the same records to continue.
    pub fn write(
        &mut self,
        state: &mut dyn Ledger,
        events: &[&Event],
        checkpoint: &str,
    ) -> Result<()> {
        // Otherwise, the records of this call are in the file, and only their checkpoint is missing.
        if self.pending.is_none() {
            self.append(state, events, checkpoint)?;
        }
        self.settle(state)
    }

    /// Appends records and syncs the file. Stores their checkpoint with the next announcement, which
    /// saves a commit, or in [`FileSink::settle`]. Until then, a crash takes the records back.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Failed`] if the write fails, and [`Failure::Locked`] if another program
    /// has locked the state; in the latter case, call again with the same records to continue.
    pub fn append(
        &mut self,
        state: &mut dyn Ledger,
        events: &[&Event],
        checkpoint: &str,
    ) -> Result<()> {
        if !events.is_empty() {
            self.append_lines(state, &lines(events))?;
        }
        self.pending = Some(checkpoint.to_owned());
        Ok(())
    }

    /// Stores the checkpoint of the records that were appended last, if it is not stored yet.
    ///
    /// # Errors
    ///
    /// Same as [`FileSink::append`].
    pub fn settle(&mut self, state: &mut dyn Ledger) -> Result<()> {
        if let Some(checkpoint) = &self.pending {
            state.settle(Some(checkpoint), &self.mark)?;
            self.pending = None;
        }
        Ok(())
    }

    /// Returns whether everything that was appended is covered by a stored checkpoint.
    pub fn is_settled(&self) -> bool {
        self.pending.is_none()
    }

    fn append_lines(&mut self, state: &mut dyn Ledger, lines: &[u8]) -> Result<()> {
        // Nothing of these records is written yet. Earlier ones are in the file that was moved.
        self.reopen(state)?;
        let name = self.path.display().to_string();
        let fail = |error: Error| {
            Failure::Failed(format!("cannot write output {name}: {}", causes::of(&error)))
        };
        self.skip_foreign_bytes().map_err(fail)?;
        state.announce(self.pending.as_deref(), &self.mark, lines)?;
        self.pending = None;
        self.file.write_all(lines).and_then(|()| self.file.sync_data()).map_err(fail)?;
        self.mark.length += lines.len() as u64;
        self.mark.tail.extend_from_slice(&lines[lines.len().saturating_sub(TAIL_BYTES)..]);
        let surplus = self.mark.tail.len().saturating_sub(TAIL_BYTES);
        self.mark.tail.drain(..surplus);
        Ok(())
    }

    /// Returns whether the path still names the open file. It may have been rotated or deleted.
    fn is_there(&self) -> bool {
        let named = self.path.metadata();
        named.is_ok_and(|named| (named.dev(), named.ino()) == (self.mark.device, self.mark.inode))
    }

    /// Moves the mark past bytes that another program appended. Other programs ignore our lock.
    fn skip_foreign_bytes(&mut self) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length == self.mark.length {
            return Ok(());
        }
        let what = if length < self.mark.length { "was shortened" } else { "was written to" };
        tracing::warn!("{} {what} by another program; appending to it", self.path.display());
        self.mark.length = end_torn_line(&self.file, &self.path, length)?;
        self.mark.tail = tail(&self.file, self.mark.length)?;
        Ok(())
    }
}

/// Opens a pipe or a device. A pipe without a reader is refused: opening it would block forever.
fn open_special(path: &Path) -> Result<File> {
    let name = path.display();
    tracing::info!("{name} is not a regular file; records may be repeated");
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().write(true).custom_flags(flags).open(path).map_err(|error| {
        // ENXIO: the pipe has no reader. Source: fifo(7).
        if path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo())
            && error.raw_os_error() == Some(Errno::NXIO.raw_os_error())
        {
            return Failure::Failed(format!(
                "output {name}: this FIFO has no reader; start its reader first"
            ));
        }
        Failure::Refused(format!("output {name}: {error}"))
    })?;
    // From here on, writes wait for a slow reader.
    fcntl_getfl(&file)
        .and_then(|flags| fcntl_setfl(&file, flags - OFlags::NONBLOCK))
        .map_err(|error| Failure::Failed(format!("output {name}: {error}")))?;
    Ok(file)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

#[cfg(test)]
mod tests;
