//! Stores records, and simulates what a crash does to them.

/// How often an event was delivered, how often it may have been repeated, and when it was first delivered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    pub got: u32,
    /// Repeats that are excused by a crash between records and checkpoint.
    pub excused: u32,
    pub first_us: i64,
}

/// The stored records and checkpoint of a host.
#[derive(Debug)]
pub struct Sink {
    is_atomic: bool,
    /// Indexed by event number.
    pub counts: Vec<Count>,
    /// Records that were written, but that no stored checkpoint covers.
    open: Vec<(u32, i64)>,
    pub stored: Option<String>,
}

impl Sink {
    pub fn new(is_atomic: bool, events: usize) -> Self {
        Self { is_atomic, counts: vec![Count::default(); events + 1], open: vec![], stored: None }
    }

    fn deliver(&mut self, number: u32, now_us: i64) {
        let count = &mut self.counts[number as usize];
        if count.got == 0 {
            count.first_us = now_us;
        }
        count.got += 1;
    }

    /// Writes records. In an atomic sink they wait for their checkpoint.
    pub fn write(&mut self, numbers: impl Iterator<Item = u32>, now_us: i64) {
        for number in numbers {
            self.open.push((number, now_us));
            if !self.is_atomic {
                self.deliver(number, now_us);
            }
        }
    }

    /// Stores a checkpoint, which covers all records written so far.
    pub fn store(&mut self, checkpoint: String) {
        let open = std::mem::take(&mut self.open);
        if self.is_atomic {
            open.into_iter().for_each(|(number, at_us)| self.deliver(number, at_us));
        }
        self.stored = Some(checkpoint);
    }

    /// Simulates a crash. Records that no checkpoint covers are lost in an atomic sink, and repeated in another one.
    /// Returns whether there were any.
    pub fn crash(&mut self) -> bool {
        let open = std::mem::take(&mut self.open);
        if !self.is_atomic {
            open.iter().for_each(|(number, _)| self.counts[*number as usize].excused += 1);
        }
        !self.is_atomic && !open.is_empty()
    }
}
