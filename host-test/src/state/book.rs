//! Implements [`Ledger`] for the state.

use super::State;
use crate::exit::Result;
use crate::state::ledger::Ledger;
use crate::state::mark::Mark;
use rusqlite::OptionalExtension;

impl Ledger for State {
    fn is_new(&self) -> Result<bool> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM checkpoint) \
                   AND NOT EXISTS (SELECT 1 FROM kept WHERE why = 'reset')";
        self.database.query_row(sql, [], |row| row.get(0)).map_err(|error| self.refuse(&error))
    }

    fn remedy(&self) -> String {
        "use --accept-output to append to it anyway".to_owned()
    }

    fn mark(&self) -> Result<Option<Mark>> {
        self.database
            .query_row("SELECT device, inode, length, tail FROM output_file", [], |row| {
                Ok(Mark {
                    device: row.get::<_, i64>(0)?.cast_unsigned(),
                    inode: row.get::<_, i64>(1)?.cast_unsigned(),
                    length: row.get::<_, i64>(2)?.cast_unsigned(),
                    tail: row.get(3)?,
                })
            })
            .optional()
            .map_err(|error| self.refuse(&error))
    }

    fn announced(&self) -> Result<Option<Vec<u8>>> {
        self.database
            .query_row(
                "SELECT bytes FROM announced UNION ALL SELECT bytes FROM writing",
                [],
                |row| row.get(0),
            )
            .optional()
            .map_err(|error| self.refuse(&error))
    }

    fn announce(&mut self, checkpoint: Option<&str>, mark: &Mark, bytes: &[u8]) -> Result<()> {
        self.store(checkpoint, Some(mark), |all| {
            all.prepare_cached("INSERT INTO announced (bytes) VALUES (?1)")?
                .execute([bytes])
                .map(|_| ())
        })
    }

    fn settle(&mut self, checkpoint: Option<&str>, mark: &Mark) -> Result<()> {
        self.store(checkpoint, Some(mark), |_| Ok(()))
    }
}
