//! Many rounds over one fake audit log: interrupted runs, followed by an undisturbed one.

use host_kit::{World, difference};

/// Where records go.
#[derive(Debug, Clone, Copy)]
pub enum Sink {
    File,
    Sqlite,
}

/// Returns how many strikes of each kind to make for each output: few by default, more with `KILLS`.
pub fn wanted() -> u64 {
    std::env::var("KILLS").map_or(2, |kills| kills.parse().expect("KILLS is a number"))
}

/// The figures of one kind of strike and one output.
pub struct Matrix<'a> {
    pub world: &'a World,
    sink: Sink,
    name: String,
    /// The transform in the chain, as flags.
    transform: &'static str,
    truth: Vec<String>,
    rounds: u64,
    strikes: u64,
    events: usize,
}

impl<'a> Matrix<'a> {
    pub fn new(name: &str, sink: Sink, world: &'a World) -> Self {
        let name = format!("{name}, {sink:?}");
        let truth = world.truth();
        Self { world, sink, name, transform: "", truth, rounds: 0, strikes: 0, events: 0 }
    }

    /// Puts a transform into the chain.
    pub fn through(self, transform: &'static str) -> Self {
        Self { name: format!("{}{transform}", self.name), transform, ..self }
    }

    /// Returns the command line of the current round.
    pub fn line(&self) -> String {
        let output = match self.sink {
            Sink::File => "o.ndjson",
            Sink::Sqlite => "sqlite:o.sqlite",
        };
        let transform = self.transform;
        format!("run --config c.json --output {output} --until-idle --max-records 10{transform}")
    }

    /// Counts strikes that hit.
    pub fn count(&mut self, strikes: u64) {
        self.strikes += strikes;
    }

    /// Returns whether enough strikes hit. Panics if strikes keep missing.
    pub fn is_done(&self) -> bool {
        // The second strike of a round sometimes misses, but a matrix that hardly ever hits is broken.
        assert!(self.rounds <= 2 * wanted(), "{}: strikes keep missing", self.name);
        self.strikes >= wanted()
    }

    /// Ends a round with an undisturbed run, after which every event is there exactly once.
    pub fn end_round(&mut self, what: &str) {
        self.world.good(&self.line());
        let got = match self.sink {
            Sink::File => self.world.in_file("o.ndjson"),
            Sink::Sqlite => self.world.in_sqlite("o.sqlite"),
        };
        let (lost, repeated) = difference(&got, &self.truth);
        assert_eq!((lost, repeated), (0, 0), "{}: lost, repeated after {what}", self.name);
        self.rounds += 1;
        self.events += got.len();
        self.forget();
    }

    /// Removes the state and the output, including the files that SQLite left beside them.
    pub fn forget(&self) {
        for entry in std::fs::read_dir(self.world.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("o.") || name.starts_with("c.state") {
                std::fs::remove_file(path).unwrap();
            }
        }
    }

    /// Prints the figures. A lost or repeated event would already have failed the test.
    pub fn print(&self) {
        let Self { name, strikes, rounds, events, .. } = self;
        println!("{name}: {strikes} strikes, {rounds} rounds, {events} events, lost 0, repeated 0");
    }
}
