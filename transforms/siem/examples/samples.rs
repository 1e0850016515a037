//! Prints one event of each type with each kind of actor, subject and context, transformed as the settings say.
//!
//! ```text
//! cargo run -p siem-transform --example samples -- '{"schema": "ecs"}'
//! ```

#[path = "../tests/mapping/samples.rs"]
mod samples;

fn main() {
    let settings = std::env::args().nth(1).unwrap_or_else(|| "{}".to_owned());
    for line in samples::transformed(&settings, &samples::samples()) {
        println!("{line}");
    }
}
