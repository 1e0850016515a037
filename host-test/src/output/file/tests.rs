//! Tests of the order in which records and their checkpoint become durable.

use super::*;
use crate::exit::Failure::Locked;

/// An in-memory ledger whose next `locked` calls fail as locked. It counts the others.
#[derive(Default)]
struct Memory {
    mark: Option<Mark>,
    announced: Option<Vec<u8>>,
    checkpoint: Option<String>,
    locked: u32,
    locked_once_announced: u32,
    commits: u32,
}

impl Memory {
    fn call(&mut self) -> Result<()> {
        let Some(left) = self.locked.checked_sub(1) else { return Ok(()) };
        self.locked = left;
        Err(Locked("locked".to_owned()))
    }
}

impl Ledger for Memory {
    fn is_new(&self) -> Result<bool> {
        Ok(self.mark.is_none())
    }

    fn remedy(&self) -> String {
        String::new()
    }

    fn mark(&self) -> Result<Option<Mark>> {
        Ok(self.mark.clone())
    }

    fn announced(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.announced.clone())
    }

    fn announce(&mut self, checkpoint: Option<&str>, mark: &Mark, bytes: &[u8]) -> Result<()> {
        self.call()?;
        self.commits += 1;
        self.checkpoint = checkpoint.map(str::to_owned).or(self.checkpoint.take());
        self.mark = Some(mark.clone());
        self.announced = Some(bytes.to_vec());
        self.locked = self.locked_once_announced;
        Ok(())
    }

    fn settle(&mut self, checkpoint: Option<&str>, mark: &Mark) -> Result<()> {
        self.call()?;
        self.commits += 1;
        (self.mark, self.announced) = (Some(mark.clone()), None);
        self.checkpoint = checkpoint.map(str::to_owned).or(self.checkpoint.take());
        Ok(())
    }
}

fn open(path: &Path, state: &mut Memory) -> FileSink {
    match FileSink::open(path, state, false).unwrap() {
        Opened::File(sink) => sink,
        Opened::Stream(_) => panic!("not a file"),
    }
}

fn event(payload: &str) -> Event {
    Event {
        id: String::new(),
        occurred_at: String::new(),
        kind: String::new(),
        payload: payload.to_owned(),
    }
}

#[test]
fn records_are_written_once_if_the_state_is_locked_before_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o");
    let mut state = Memory { locked_once_announced: 2, ..Memory::default() };
    let mut sink = open(&path, &mut state);
    let events = ["{\"n\":1}", "{\"n\":2}"].map(event);
    let events = [&events[0], &events[1]];
    for _ in 0..2 {
        assert!(matches!(sink.write(&mut state, &events, "c"), Err(Locked(_))));
        assert_eq!(state.checkpoint, None);
    }
    sink.write(&mut state, &events, "c").unwrap();
    assert_eq!(state.checkpoint.as_deref(), Some("c"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"n\":1}\n{\"n\":2}\n");
    assert_eq!(state.mark.unwrap().length, 16);
}

#[test]
fn a_checkpoint_is_stored_with_the_next_announcement() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o");
    let mut state = Memory::default();
    let mut sink = open(&path, &mut state);
    let before = state.commits;
    for (n, checkpoint) in ["a", "b", "c"].into_iter().enumerate() {
        let event = event(&format!("{{\"n\":{n}}}"));
        state.locked = 1;
        assert!(matches!(sink.append(&mut state, &[&event], checkpoint), Err(Locked(_))));
        sink.append(&mut state, &[&event], checkpoint).unwrap();
        assert!(!sink.is_settled());
    }
    assert_eq!(state.checkpoint.as_deref(), Some("b"));
    sink.settle(&mut state).unwrap();
    assert_eq!((state.checkpoint.as_deref(), state.commits - before), (Some("c"), 4));
    assert!(sink.is_settled());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n");
}

#[test]
fn a_crash_takes_back_what_no_checkpoint_covers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o");
    let mut state = Memory::default();
    let (first, second) = (event("{\"n\":1}"), event("{\"n\":2}"));
    let mut sink = open(&path, &mut state);
    sink.append(&mut state, &[&first], "a").unwrap();
    sink.append(&mut state, &[&second], "b").unwrap();
    drop(sink);
    let mut sink = open(&path, &mut state);
    assert_eq!(state.checkpoint.as_deref(), Some("a"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"n\":1}\n");
    sink.write(&mut state, &[&second], "b").unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"n\":1}\n{\"n\":2}\n");
}

#[test]
fn a_file_that_was_moved_keeps_its_records_and_their_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let (path, moved) = (folder.path().join("o"), folder.path().join("o.1"));
    let mut state = Memory::default();
    let (first, second) = (event("{\"n\":1}"), event("{\"n\":2}"));
    let mut sink = open(&path, &mut state);
    sink.append(&mut state, &[&first], "a").unwrap();
    std::fs::rename(&path, &moved).unwrap();
    sink.append(&mut state, &[&second], "b").unwrap();
    assert_eq!(state.checkpoint.as_deref(), Some("a"));
    sink.settle(&mut state).unwrap();
    assert_eq!(state.checkpoint.as_deref(), Some("b"));
    assert_eq!(std::fs::read_to_string(&moved).unwrap(), "{\"n\":1}\n");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"n\":2}\n");
}
