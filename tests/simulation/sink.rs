//! Where records go, and what a crash does to them there.

/// How often an event was delivered, how often it may have been, and when it first was.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    pub got: u32,
    /// Deliveries that a crash between records and checkpoint excuses.
    pub excused: u32,
    pub first_us: i64,
}

/// The records and the checkpoint of a host.
#[derive(Debug)]
pub struct Sink {
    is_atomic: bool,
    /// By number.
    pub counts: Vec<Count>,
    /// Written, but no stored checkpoint covers them.
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

    /// Takes records. In an atomic sink they wait for their checkpoint.
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

    /// What no checkpoint covers is gone from an atomic sink, and comes again to another. Gives whether any was.
    pub fn crash(&mut self) -> bool {
        let open = std::mem::take(&mut self.open);
        if !self.is_atomic {
            open.iter().for_each(|(number, _)| self.counts[*number as usize].excused += 1);
        }
        !self.is_atomic && !open.is_empty()
    }
}
