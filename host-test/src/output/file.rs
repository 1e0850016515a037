//! A file, one record a line, each exactly once whatever instant the process is killed at.
//!
//! The state remembers which file it was and how long. A later run cuts what lies beyond that
//! length, for no stored checkpoint covers it, and cuts nothing of any other file.

use super::lines;
use crate::exit::{Failure, Result};
use crate::lock::hold;
use crate::source::Event;
use crate::state::{Mark, State};
use std::fs::{File, OpenOptions};
use std::io::{self, Error, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
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
    pub fn open(path: &Path, state: &mut State) -> Result<Opened> {
        let refuse = |error: Error| Failure::Refused(format!("output {}: {error}", path.display()));
        let fail = |error: Error| Failure::Failed(format!("output {}: {error}", path.display()));
        if path.is_dir() {
            return Err(Failure::Refused(format!("output {} is a folder", path.display())));
        }
        let special = path.metadata().is_ok_and(|metadata| !metadata.is_file());
        if special {
            tracing::info!("{} is no regular file: records may come twice", path.display());
            return OpenOptions::new().write(true).open(path).map(Opened::Stream).map_err(refuse);
        }
        let file =
            OpenOptions::new().create(true).append(true).read(true).open(path).map_err(refuse)?;
        hold(&file, path)?;
        let metadata = file.metadata().map_err(fail)?;
        let (device, inode) = (metadata.dev(), metadata.ino());
        let old = state.mark()?;
        let length =
            mend(&file, path, metadata.len(), (device, inode), old.as_ref()).map_err(fail)?;
        file.sync_all().map_err(fail)?;
        // Always, since a run killed between making the file and syncing its folder is not known.
        sync_folder(path).map_err(fail)?;
        let tail = tail(&file, length).map_err(fail)?;
        let mark = Mark { device, inode, length, tail };
        // From before the first write on, also of an empty file: or a crash could not be told
        // from a file that somebody else had filled.
        if old.as_ref() != Some(&mark) {
            state.store(None, Some(&mark), |_| Ok(()))?;
        }
        Ok(Opened::File(Self { file, path: path.to_owned(), mark }))
    }

    /// How the file stands after the last write.
    pub fn mark(&self) -> &Mark {
        &self.mark
    }

    /// Appends records and syncs the file.
    ///
    /// # Errors
    ///
    /// [`Failure::Failed`] when the disk does not take it.
    pub fn write(&mut self, events: &[Event]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let lines = lines(events);
        let work = self.file.write_all(&lines).and_then(|()| self.file.sync_data());
        work.map_err(|error| {
            Failure::Failed(format!("cannot write the output {}: {error}", self.path.display()))
        })?;
        self.mark.length += lines.len() as u64;
        self.mark.tail.extend_from_slice(&lines[lines.len().saturating_sub(TAIL_BYTES)..]);
        let surplus = self.mark.tail.len().saturating_sub(TAIL_BYTES);
        self.mark.tail.drain(..surplus);
        Ok(())
    }
}

/// Brings the end of a file in order and returns its length.
fn mend(
    mut file: &File,
    path: &Path,
    length: u64,
    (device, inode): (u64, u64),
    old: Option<&Mark>,
) -> io::Result<u64> {
    let path = path.display();
    if let Some(old) = old {
        let same = (old.device, old.inode) == (device, inode);
        if same && length >= old.length && tail(file, old.length)? == old.tail {
            if length > old.length {
                let cut = length - old.length;
                tracing::info!("cut {cut} bytes off {path} that no checkpoint covers");
                file.set_len(old.length)?;
            }
            return Ok(old.length);
        }
        if same && length < old.length {
            tracing::warn!("{path} is shorter than it was left; appending to what there is");
        } else if length > 0 {
            tracing::warn!("{path} is another file than before; appending to it");
        } else {
            tracing::info!("{path} is a new file; earlier records are not in it");
        }
    } else if length > 0 {
        tracing::warn!("{path} was not written by this state; appending to it");
    }
    if length > 0 && tail(file, length)?.last() != Some(&b'\n') {
        tracing::warn!("the last line of {path} is torn; ending it");
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
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
