//! Buckets in an SQLite file that outlives a service.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

pub fn open(path: &Path) -> Connection {
    let database = Connection::open(path).unwrap();
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = OFF; -- Only the process may crash, not the machine.
             CREATE TABLE IF NOT EXISTS kept(
                 bucket TEXT, key TEXT, value BLOB, PRIMARY KEY (bucket, key))",
        )
        .unwrap();
    database
}

pub fn stored(database: &Connection, bucket: &str, key: &str) -> Option<Vec<u8>> {
    let query = "SELECT value FROM kept WHERE bucket = ? AND key = ?";
    database.query_row(query, [bucket, key], |row| row.get(0)).optional().unwrap()
}

pub fn put(database: &Connection, bucket: &str, key: &str, value: &[u8]) {
    let insert = "INSERT OR REPLACE INTO kept VALUES (?, ?, ?)";
    database.execute(insert, params![bucket, key, value]).unwrap();
}
