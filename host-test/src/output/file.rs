//! A file, one record a line, each exactly once whatever instant the process is killed at.
//!
//! The state remembers which file it was and how long, and before each write what is about to be
//! appended. A later run cuts what lies beyond that length only if it is the beginning, or all, of
//! just that; everything else is somebody else's, stays, and is appended to.

use super::lines;
use crate::exit::{Failure, Result};
use crate::ledger::Ledger;
use crate::lock::hold;
use crate::mark::Mark;
use crate::names::folder;
use crate::source::Event;
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io::{self, Error, Write};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// So many last bytes are remembered to know a file again. A record's line has more.
const TAIL_BYTES: usize = 256;

/// An open output file.
#[derive(Debug)]
pub struct FileSink {
    file: File,
    path: PathBuf,
    mark: Mark,
}

/// What a path turned out to be.
pub enum Opened {
    /// A file that can be cut.
    File(FileSink),
    /// A pipe or a device.
    Stream(File),
}

impl FileSink {
    /// Opens or makes the file, cuts or repairs its end, and stores how it stands.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when it cannot be opened or another process writes to it,
    /// [`Failure::Failed`] when the disk does not do what it is told.
    pub fn open(path: &Path, state: &mut dyn Ledger) -> Result<Opened> {
        let refuse = |error: Error| Failure::Refused(format!("output {}: {error}", path.display()));
        let fail = |error: Error| Failure::Failed(format!("output {}: {error}", path.display()));
        if path.is_dir() {
            return Err(Failure::Refused(format!("output {} is a folder", path.display())));
        }
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return open_special(path).map(Opened::Stream);
        }
        let file =
            OpenOptions::new().create(true).append(true).read(true).open(path).map_err(refuse)?;
        hold(&file, path)?;
        let metadata = file.metadata().map_err(fail)?;
        let (device, inode) = (metadata.dev(), metadata.ino());
        let old = state.mark()?;
        let announced = state.announced()?;
        let before = Before { mark: old.as_ref(), announced: announced.as_deref() };
        let length = mend(&file, path, metadata.len(), (device, inode), before).map_err(fail)?;
        file.sync_all().map_err(fail)?;
        // Always, since a run killed between making the file and syncing its folder is not known.
        sync_folder(path).map_err(fail)?;
        let tail = tail(&file, length).map_err(fail)?;
        let mark = Mark { device, inode, length, tail };
        // From before the first write on, also of an empty file: or a crash could not be told
        // from a file that somebody else had filled.
        if old.as_ref() != Some(&mark) || announced.is_some() {
            state.settle(None, &mark)?;
        }
        Ok(Opened::File(Self { file, path: path.to_owned(), mark }))
    }

    /// Announces records, appends them, syncs the file, and stores the checkpoint.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] when the disk does not take it.
    pub fn write(
        &mut self,
        state: &mut dyn Ledger,
        events: &[Event],
        checkpoint: &str,
    ) -> Result<()> {
        if !events.is_empty() {
            let name = self.path.display().to_string();
            let fail =
                |error: Error| Failure::Failed(format!("cannot write the output {name}: {error}"));
            let lines = lines(events);
            if !self.is_there() {
                tracing::warn!("{name} was moved or removed; going on in a new file");
                // Nothing was written yet of this batch; what went before is in the file that was moved.
                if let Opened::File(new) = Self::open(&self.path, state)? {
                    *self = new;
                }
            }
            self.look().map_err(fail)?;
            state.announce(&self.mark, &lines)?;
            self.file.write_all(&lines).and_then(|()| self.file.sync_data()).map_err(fail)?;
            self.mark.length += lines.len() as u64;
            self.mark.tail.extend_from_slice(&lines[lines.len().saturating_sub(TAIL_BYTES)..]);
            let surplus = self.mark.tail.len().saturating_sub(TAIL_BYTES);
            self.mark.tail.drain(..surplus);
        }
        state.settle(Some(checkpoint), &self.mark)
    }

    /// Whether the path still names the open file: logs are rotated, and files deleted.
    fn is_there(&self) -> bool {
        let named = self.path.metadata();
        named.is_ok_and(|named| (named.dev(), named.ino()) == (self.mark.device, self.mark.inode))
    }

    /// Other programs do not know our lock: what they appended meanwhile is theirs.
    fn look(&mut self) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        if length == self.mark.length {
            return Ok(());
        }
        tracing::warn!("somebody else writes to {}; appending to it", self.path.display());
        self.mark.length = end_torn_line(&self.file, &self.path, length)?;
        self.mark.tail = tail(&self.file, self.mark.length)?;
        Ok(())
    }
}

/// Opens a pipe or a device. A pipe that nobody reads is refused: opening it would block for ever.
fn open_special(path: &Path) -> Result<File> {
    let name = path.display();
    tracing::info!("{name} is no regular file: records may come twice");
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().write(true).custom_flags(flags).open(path).map_err(|error| {
        // A pipe without a reader is ENXIO. Source: fifo(7).
        if path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo())
            && error.raw_os_error() == Some(Errno::NXIO.raw_os_error())
        {
            return Failure::Failed(format!("output {name}: nobody reads this FIFO"));
        }
        Failure::Refused(format!("output {name}: {error}"))
    })?;
    // From here on a slow reader is waited for.
    fcntl_getfl(&file)
        .and_then(|flags| fcntl_setfl(&file, flags - OFlags::NONBLOCK))
        .map_err(|error| Failure::Failed(format!("output {name}: {error}")))?;
    Ok(file)
}

/// What the state knows of the last run.
#[derive(Clone, Copy)]
struct Before<'a> {
    mark: Option<&'a Mark>,
    announced: Option<&'a [u8]>,
}

/// Brings the end of a file in order and returns its length.
fn mend(
    file: &File,
    name: &Path,
    length: u64,
    (device, inode): (u64, u64),
    before: Before<'_>,
) -> io::Result<u64> {
    let path = name.display();
    if let Some(old) = before.mark {
        let same = (old.device, old.inode) == (device, inode);
        if same && length >= old.length && tail(file, old.length)? == old.tail {
            let beyond = length - old.length;
            if beyond == 0 {
                return Ok(length);
            }
            if begins(before.announced, file, old.length, beyond)? {
                tracing::info!("cut {beyond} bytes off {path} that no checkpoint covers");
                file.set_len(old.length)?;
                return Ok(old.length);
            }
            tracing::warn!("somebody else wrote {beyond} bytes to {path}; appending to them");
        } else if same && length < old.length {
            tracing::warn!("{path} is shorter than it was left; appending to what there is");
        } else if length > 0 {
            tracing::warn!("{path} is another file than before; appending to it");
        } else {
            tracing::info!("{path} is a new file; earlier records are not in it");
        }
    } else if length > 0 {
        tracing::warn!("{path} was not written by this state; appending to it");
    }
    end_torn_line(file, name, length)
}

/// Whether the `beyond` bytes after `from` are the beginning, or all, of what was announced.
fn begins(announced: Option<&[u8]>, file: &File, from: u64, beyond: u64) -> io::Result<bool> {
    let Some(ours) = announced.and_then(|all| all.get(..usize::try_from(beyond).ok()?)) else {
        return Ok(false);
    };
    let mut there = vec![0; ours.len()];
    file.read_exact_at(&mut there, from)?;
    Ok(there == ours)
}

/// Ends the last line if it has no end, and returns the new length.
fn end_torn_line(mut file: &File, path: &Path, length: u64) -> io::Result<u64> {
    if length > 0 && tail(file, length)?.last() != Some(&b'\n') {
        tracing::warn!("the last line of {} is torn; ending it", path.display());
        file.write_all(b"\n")?;
        return Ok(length + 1);
    }
    Ok(length)
}

/// The last bytes before `length`.
fn tail(file: &File, length: u64) -> io::Result<Vec<u8>> {
    let size = length.min(TAIL_BYTES as u64);
    let mut tail = vec![0; size as usize];
    file.read_exact_at(&mut tail, length - size)?;
    Ok(tail)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}
