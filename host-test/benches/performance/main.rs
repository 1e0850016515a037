//! Measures performance as ratios within one run: compared with the same core compiled natively, with a component that
//! does nothing, and with a plain Python script. Absolute figures are those of the machine it runs on.
//!
//! `cargo bench -p host-test --bench performance` runs all parts and writes `docs/performance.md` with its plots. With
//! names of parts after `--`, it runs only those parts and writes nothing.
#![allow(missing_docs, clippy::unwrap_used)]

mod airbyte;
mod backfill;
mod checkpoint;
mod decode;
mod disk;
mod loopback;
mod machine;
mod pages;
mod process;
mod raw;
mod report;
mod start;
mod tenants;
mod transform;

use report::Section;

/// A part of the benchmark, with its name.
type Part = (&'static str, fn() -> Section);

const PARTS: [Part; 9] = [
    ("decode", decode::section),
    ("read-batch", loopback::section),
    ("transform", transform::section),
    ("start", start::section),
    ("checkpoint", checkpoint::section),
    ("backfill", backfill::section),
    ("airbyte", airbyte::section),
    ("disk", disk::section),
    ("tenants", tenants::section),
];

fn main() {
    // Cargo adds this argument.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|name| name != "--bench").collect();
    if let [serve, events] = wanted.as_slice()
        && serve == "serve"
    {
        return pages::serve(events.parse().unwrap());
    }
    let chosen =
        PARTS.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|it| it == name));
    let sections: Vec<Section> = chosen
        .map(|(name, part)| {
            eprintln!("measuring: {name}");
            let section = part();
            println!("{}", section.text());
            section
        })
        .collect();
    if wanted.is_empty() {
        report::write(&sections);
    }
}
