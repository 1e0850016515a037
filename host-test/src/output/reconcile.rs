//! Reconciles an output file with the state before anything is appended, or refuses the file. Bytes
//! beyond the remembered length may be ours, another process's, or those of a run that the state
//! does not remember.

use super::records::has_record;
use crate::exit::{Failure, Result};
use crate::state::causes::{NEW_FILE, STATE_LOST, STATE_LOST_REMEDY};
use crate::state::mark::Mark;
use std::fs::File;
use std::io::{self, Error, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Maximum number of bytes remembered from the end of a file, to recognize it. Every record is longer.
pub const TAIL_BYTES: usize = 256;

/// What the state knows about the last run.
#[derive(Debug, Clone)]
pub struct Before {
    /// The file and its length after the last run.
    pub mark: Option<Mark>,
    /// The bytes that were about to be appended.
    pub announced: Option<Vec<u8>>,
    /// Whether nothing was ever stored in the state.
    pub is_new: bool,
    /// Whether the operator accepts a file that does not match the state.
    pub is_accepted: bool,
    /// What the operator can do to accept it.
    pub remedy: String,
}

/// An output file, as found when it was opened.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The file.
    pub file: &'a File,
    /// The path, for messages.
    pub path: &'a Path,
    /// The length in bytes.
    pub length: u64,
    /// The device and inode.
    pub id: (u64, u64),
}

impl Found<'_> {
    /// Truncates the file or ends its last line where needed, and returns its length.
    ///
    /// # Errors
    ///
    /// Returns [`Failure::Refused`] if continuing would repeat or lose events unnoticed,
    /// [`Failure::Failed`] if reading or writing fails.
    pub fn reconcile(&self, before: &Before) -> Result<u64> {
        let fail =
            |error: Error| Failure::Failed(format!("output {}: {error}", self.path.display()));
        match &before.mark {
            // Rotated, or just created.
            _ if self.length == 0 => {
                // Without a position, the earlier records are in an output of another kind.
                if before.mark.as_ref().map_or(!before.is_new, |mark| mark.length > 0) {
                    let path = self.path.display();
                    tracing::info!("{path} {NEW_FILE}");
                }
                Ok(0)
            }
            None => self.unknown(before),
            Some(mark) if self.matches(mark).map_err(fail)? => self.grown(mark, before),
            Some(mark) => self.other(mark, before),
        }
    }

    /// Reconciles a file that the state does not remember.
    fn unknown(&self, before: &Before) -> Result<u64> {
        if before.is_new && self.holds_records(0)? {
            self.doubt(before, STATE_LOST, STATE_LOST_REMEDY)?;
        }
        let path = self.path.display();
        tracing::warn!(
            "{path} was written before the state was reset, or with another state; appending to \
             it: events in it may be written again"
        );
        self.end()
    }

    /// Reconciles a file that the state remembers and that may have grown.
    fn grown(&self, mark: &Mark, before: &Before) -> Result<u64> {
        let path = self.path.display();
        let beyond = self.length - mark.length;
        if beyond == 0 {
            return Ok(self.length);
        }
        let ours = match &before.announced {
            Some(all) => self.common(mark.length, all)?,
            None => 0,
        };
        if ours == beyond {
            tracing::info!("removed the last {beyond} bytes of {path}, which no checkpoint covers");
            self.file.set_len(mark.length).map_err(|error| self.fail(&error))?;
            return Ok(mark.length);
        }
        if self.holds_records(mark.length)? {
            let start = mark.length;
            let (why, remedy) = match ours {
                // None of it is known to be ours: removing it could delete the only copy.
                0 if start == 0 => return self.strange(before),
                0 => (
                    "holds records that this state does not know: the state was restored from a \
                     backup, or another state writes to this file; they would be delivered twice",
                    format!(
                        "restore the newer state; or, if no other state writes to this file, \
                         remove those records with `truncate -s {start} {}`; or give each \
                         state its own output (these records are repeated in a new file)",
                        quoted(self.path)
                    ),
                ),
                _ => (
                    "holds records of a run that was killed, with other lines after them; the \
                     records would be delivered twice",
                    format!(
                        "remove the {ours} bytes after byte {start}, which are those records, and \
                         keep the rest"
                    ),
                ),
            };
            self.doubt(before, why, &remedy)?;
        }
        tracing::warn!("another process wrote {beyond} bytes to {path}; appending after them");
        self.end()
    }

    /// Reconciles a file other than the one that the state remembers, or the same file with other content.
    fn other(&self, mark: &Mark, before: &Before) -> Result<u64> {
        let path = self.path.display();
        let tail = tail(self.file, self.length).map_err(|error| self.fail(&error))?;
        if tail == mark.tail {
            tracing::info!("the beginning of {path} was removed; continuing at its end");
            return Ok(self.length);
        }
        let is_same = (mark.device, mark.inode) == self.id;
        if is_same && self.length < mark.length {
            self.doubt(
                before,
                "is shorter than the last run left it: records that were delivered are missing",
                "restore the whole file, or move this one away to continue in a new file (the \
                 missing records are not delivered again)",
            )?;
            tracing::warn!("{path} is shorter than the last run left it; appending to it");
        } else if mark.length > 0 && !self.holds_records(0)? {
            self.doubt(
                before,
                "is not the file that this state wrote, and holds no records",
                "restore the file that belongs to the state, or move this one away to continue in \
                 a new file",
            )?;
            tracing::warn!("{path} is not the same file as before; appending to it");
        } else {
            return self.strange(before);
        }
        self.end()
    }

    /// Reconciles a file whose records, if any, were not written by this state.
    fn strange(&self, before: &Before) -> Result<u64> {
        if self.holds_records(0)? {
            self.doubt(
                before,
                "holds records, but not those that this state wrote: it is an earlier file of this \
                 state, from a backup, or the file of another state",
                "restore the file that belongs to the state, or move this one away to continue in \
                 a new file",
            )?;
        }
        tracing::warn!("{} is not the same file as before; appending to it", self.path.display());
        self.end()
    }

    /// Refuses the file, unless the operator accepts it.
    fn doubt(&self, before: &Before, why: &str, remedy: &str) -> Result<()> {
        let path = self.path.display();
        if before.is_accepted {
            tracing::warn!("output {path} {why}; continuing because of --accept-output");
            return Ok(());
        }
        Err(Failure::Refused(format!("output {path} {why}; {remedy}; or {}", before.remedy)))
    }

    /// Returns whether the file has the remembered bytes at the remembered position, even if it was
    /// moved.
    fn matches(&self, mark: &Mark) -> io::Result<bool> {
        let is_same = (mark.device, mark.inode) == self.id;
        // An empty file has no tail to compare, only its device and inode.
        Ok((is_same || mark.length > 0)
            && self.length >= mark.length
            && tail(self.file, mark.length)? == mark.tail)
    }

    /// Returns how many bytes, starting at `from`, equal the announced ones.
    fn common(&self, from: u64, announced: &[u8]) -> Result<u64> {
        let beyond = usize::try_from(self.length - from).unwrap_or(usize::MAX);
        let mut there = vec![0; announced.len().min(beyond)];
        self.file.read_exact_at(&mut there, from).map_err(|error| self.fail(&error))?;
        let same = there.iter().zip(announced).take_while(|(there, ours)| there == ours);
        Ok(same.count() as u64)
    }

    fn holds_records(&self, from: u64) -> Result<bool> {
        has_record(self.file, from, self.length).map_err(|error| self.fail(&error))
    }

    fn end(&self) -> Result<u64> {
        end_torn_line(self.file, self.path, self.length).map_err(|error| self.fail(&error))
    }

    fn fail(&self, error: &Error) -> Failure {
        Failure::Failed(format!("output {}: {error}", self.path.display()))
    }
}

/// Quotes a path as one word for a POSIX shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// Adds a line break if the last line has none, and returns the new length.
pub fn end_torn_line(mut file: &File, path: &Path, length: u64) -> io::Result<u64> {
    if length > 0 && tail(file, length)?.last() != Some(&b'\n') {
        tracing::warn!("the last line of {} is incomplete; adding a line break", path.display());
        file.write_all(b"\n")?;
        return Ok(length + 1);
    }
    Ok(length)
}

/// Returns the last bytes before `length`, at most [`TAIL_BYTES`].
pub fn tail(file: &File, length: u64) -> io::Result<Vec<u8>> {
    let size = length.min(TAIL_BYTES as u64);
    let mut tail = vec![0; size as usize];
    file.read_exact_at(&mut tail, length - size)?;
    Ok(tail)
}
