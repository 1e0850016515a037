//! Tests of a write that finds the state locked at its end.

use super::*;
use crate::exit::Failure::Locked;

/// An in-memory ledger whose next `locked` calls fail as locked.
#[derive(Default)]
struct Memory {
    mark: Option<Mark>,
    announced: Option<Vec<u8>>,
    checkpoint: Option<String>,
    locked: u32,
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

    fn announce(&mut self, mark: &Mark, bytes: &[u8]) -> Result<()> {
        self.mark = Some(mark.clone());
        self.announced = Some(bytes.to_vec());
        // Locked from here on, so that the write fails at its end.
        self.locked = 2;
        Ok(())
    }

    fn settle(&mut self, checkpoint: Option<&str>, mark: &Mark) -> Result<()> {
        self.call()?;
        (self.mark, self.announced) = (Some(mark.clone()), None);
        self.checkpoint = checkpoint.map(str::to_owned);
        Ok(())
    }
}

#[test]
fn records_are_written_once_if_the_state_is_locked_before_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o");
    let mut state = Memory::default();
    let Opened::File(mut sink) = FileSink::open(&path, &mut state, false).unwrap() else {
        panic!("not a file");
    };
    let events = ["{\"n\":1}", "{\"n\":2}"].map(|payload| Event {
        id: String::new(),
        occurred_at: String::new(),
        kind: String::new(),
        payload: payload.to_owned(),
    });
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
