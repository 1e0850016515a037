//! Brings the end of an output file in order before it is appended to, or refuses the file: what
//! lies beyond the remembered length may be ours, somebody else's, or of a run that the state has
//! forgotten.

use super::records::hold;
use crate::exit::{Failure, Result};
use crate::state::mark::Mark;
use std::fs::File;
use std::io::{self, Error, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// So many last bytes are remembered to know a file again. A record's line has more.
pub const TAIL_BYTES: usize = 256;

/// What the state knows of the last run.
#[derive(Debug, Clone)]
pub struct Before {
    /// Where the file stood.
    pub mark: Option<Mark>,
    /// What was to be appended.
    pub announced: Option<Vec<u8>>,
    /// Nothing was ever stored in the state.
    pub is_new: bool,
    /// The operator wants a file that does not go with the state.
    pub is_accepted: bool,
    /// How the operator says so.
    pub remedy: String,
}

/// An open file.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The file.
    pub file: &'a File,
    /// Its name, for messages.
    pub path: &'a Path,
    /// Its length.
    pub length: u64,
    /// Device and inode.
    pub id: (u64, u64),
}

impl Found<'_> {
    /// Brings the end in order and returns the length.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when going on would repeat or lose events that nobody would miss,
    /// [`Failure::Failed`] when the disk does not do what it is told.
    pub fn mend(&self, before: &Before) -> Result<u64> {
        let fail =
            |error: Error| Failure::Failed(format!("output {}: {error}", self.path.display()));
        match &before.mark {
            // Rotated, or made just now.
            _ if self.length == 0 => {
                if before.mark.as_ref().is_some_and(|mark| mark.length > 0) {
                    let path = self.path.display();
                    tracing::info!("{path} is a new file; earlier records are not in it");
                }
                Ok(0)
            }
            None => self.unknown(before),
            Some(mark) if self.goes_on(mark).map_err(fail)? => self.grown(mark, before),
            Some(mark) => self.other(mark, before),
        }
    }

    /// A file of which the state remembers nothing.
    fn unknown(&self, before: &Before) -> Result<u64> {
        if before.is_new && self.holds_records(0)? {
            self.doubt(
                before,
                "holds records, but the state is new or empty: they would be read again and \
                 delivered twice",
                "put the state back from a backup, or move the output away to go on in a new file",
            )?;
        }
        tracing::warn!("{} was not written by this state; appending to it", self.path.display());
        self.end()
    }

    /// A file that the state remembers, with more at its end perhaps.
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
            tracing::info!("cut {beyond} bytes off {path} that no checkpoint covers");
            self.file.set_len(mark.length).map_err(|error| self.fail(&error))?;
            return Ok(mark.length);
        }
        if self.holds_records(mark.length)? {
            let start = mark.length;
            let (why, remedy) = match ours {
                // Nothing of it is known to be ours: to cut it would delete the only copy.
                0 if start == 0 => return self.strange(before),
                0 => (
                    "holds records that this state does not know: the state was restored from a \
                     backup, or another state writes to this file; they would be delivered twice",
                    format!(
                        "put the newer state back; or, if no other state writes to this file, \
                         remove those records with `truncate -s {start} '{path}'`; or give each \
                         state an output of its own (in a new file these records are repeated)"
                    ),
                ),
                _ => (
                    "holds records of a run that was killed, with other lines behind them; they \
                     would be delivered twice",
                    format!(
                        "remove the {ours} bytes after byte {start}, which are those records, and \
                         keep the rest"
                    ),
                ),
            };
            self.doubt(before, why, &remedy)?;
        }
        tracing::warn!("somebody else wrote {beyond} bytes to {path}; appending to them");
        self.end()
    }

    /// Another file than the state remembers, or the same with other content.
    fn other(&self, mark: &Mark, before: &Before) -> Result<u64> {
        let path = self.path.display();
        let tail = tail(self.file, self.length).map_err(|error| self.fail(&error))?;
        if tail == mark.tail {
            tracing::info!("{path} was cut at its beginning; going on at its end");
            return Ok(self.length);
        }
        let is_same = (mark.device, mark.inode) == self.id;
        if is_same && self.length < mark.length {
            self.doubt(
                before,
                "is shorter than it was left: records that the state has handed out are missing",
                "put the whole file back, or move the rest away to go on in a new file, which does not \
                 bring them back",
            )?;
            tracing::warn!("{path} is shorter than it was left; appending to what there is");
        } else {
            return self.strange(before);
        }
        self.end()
    }

    /// A file whose records, if it has any, are not those that the state left there.
    fn strange(&self, before: &Before) -> Result<u64> {
        if self.holds_records(0)? {
            self.doubt(
                before,
                "holds records, but not those that this state left there: it is an earlier file of \
                 this state, from a backup, or another state's",
                "put back the file that belongs to the state, or move this one away to continue in \
                 a new file",
            )?;
        }
        tracing::warn!("{} is a different file than before; appending to it", self.path.display());
        self.end()
    }

    /// Refuses the file, unless the operator accepts it.
    fn doubt(&self, before: &Before, why: &str, remedy: &str) -> Result<()> {
        let path = self.path.display();
        if before.is_accepted {
            tracing::warn!("output {path} {why}; accepted");
            return Ok(());
        }
        Err(Failure::Refused(format!("output {path} {why}; {remedy}; or {}", before.remedy)))
    }

    /// Whether the file has what the state remembers where it remembers it, wherever it was moved.
    fn goes_on(&self, mark: &Mark) -> io::Result<bool> {
        let is_same = (mark.device, mark.inode) == self.id;
        // Nothing is remembered of an empty file but which it was.
        Ok((is_same || mark.length > 0)
            && self.length >= mark.length
            && tail(self.file, mark.length)? == mark.tail)
    }

    /// How many bytes from `from` on are as announced.
    fn common(&self, from: u64, announced: &[u8]) -> Result<u64> {
        let beyond = usize::try_from(self.length - from).unwrap_or(usize::MAX);
        let mut there = vec![0; announced.len().min(beyond)];
        self.file.read_exact_at(&mut there, from).map_err(|error| self.fail(&error))?;
        let same = there.iter().zip(announced).take_while(|(there, ours)| there == ours);
        Ok(same.count() as u64)
    }

    fn holds_records(&self, from: u64) -> Result<bool> {
        hold(self.file, from, self.length).map_err(|error| self.fail(&error))
    }

    fn end(&self) -> Result<u64> {
        end_torn_line(self.file, self.path, self.length).map_err(|error| self.fail(&error))
    }

    fn fail(&self, error: &Error) -> Failure {
        Failure::Failed(format!("output {}: {error}", self.path.display()))
    }
}

/// Ends the last line if it has no end, and returns the new length.
pub fn end_torn_line(mut file: &File, path: &Path, length: u64) -> io::Result<u64> {
    if length > 0 && tail(file, length)?.last() != Some(&b'\n') {
        tracing::warn!("the last line of {} is torn; ending it", path.display());
        file.write_all(b"\n")?;
        return Ok(length + 1);
    }
    Ok(length)
}

/// The last bytes before `length`.
pub fn tail(file: &File, length: u64) -> io::Result<Vec<u8>> {
    let size = length.min(TAIL_BYTES as u64);
    let mut tail = vec![0; size as usize];
    file.read_exact_at(&mut tail, length - size)?;
    Ok(tail)
}
