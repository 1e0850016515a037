//! Many runs over one made-up audit log: struck ones, each followed by one that is left alone.

use host_kit::{World, difference};

/// Where records go.
#[derive(Debug, Clone, Copy)]
pub enum Sink {
    File,
    Sqlite,
}

/// How many blows of each kind and output: few in an ordinary run, more by `KILLS`.
pub fn wanted() -> u64 {
    std::env::var("KILLS").map_or(2, |kills| kills.parse().expect("KILLS is a number"))
}

/// The figures of one kind of blow and one output.
pub struct Matrix<'a> {
    pub world: &'a World,
    sink: Sink,
    name: String,
    truth: Vec<String>,
    stories: u64,
    blows: u64,
    events: usize,
}

impl<'a> Matrix<'a> {
    pub fn new(name: &str, sink: Sink, world: &'a World) -> Self {
        let name = format!("{name}, {sink:?}");
        Self { world, sink, name, truth: world.truth(), stories: 0, blows: 0, events: 0 }
    }

    /// The command line of the story under way.
    pub fn line(&self) -> String {
        let output = match self.sink {
            Sink::File => "o.ndjson",
            Sink::Sqlite => "sqlite:o.sqlite",
        };
        format!("run --config c.json --output {output} --until-idle --max-records 10")
    }

    /// Counts blows that fell.
    pub fn count(&mut self, blows: u64) {
        self.blows += blows;
    }

    /// Whether there were as many as wanted. Panics when blows keep missing.
    pub fn is_done(&self) -> bool {
        // The second blow of a story misses at times; a matrix that hardly hits is broken.
        assert!(self.stories <= 2 * wanted(), "{}: blows keep missing", self.name);
        self.blows >= wanted()
    }

    /// Ends a story: a run that is left alone, after which every event is there exactly once.
    pub fn end_story(&mut self, what: &str) {
        self.world.good(&self.line());
        let got = match self.sink {
            Sink::File => self.world.in_file("o.ndjson"),
            Sink::Sqlite => self.world.in_sqlite("o.sqlite"),
        };
        let (lost, repeated) = difference(&got, &self.truth);
        assert_eq!((lost, repeated), (0, 0), "{}: lost, repeated after {what}", self.name);
        self.stories += 1;
        self.events += got.len();
        self.forget();
    }

    /// Takes away state and output, with what SQLite left beside them.
    pub fn forget(&self) {
        for entry in std::fs::read_dir(self.world.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("o.") || name.starts_with("c.state") {
                std::fs::remove_file(path).unwrap();
            }
        }
    }

    /// Prints the figures; a lost or repeated event would have ended the test before.
    pub fn tell(&self) {
        let Self { name, blows, stories, events, .. } = self;
        println!("{name}: {blows} blows, {stories} stories, {events} events, lost 0, repeated 0");
    }
}
