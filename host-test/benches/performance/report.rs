//! The results as a page with tables and plots.

use crate::machine;
use plotters::prelude::*;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The figures of one part.
pub struct Section {
    pub title: &'static str,
    /// What the figures are, in a sentence or two without results, since those would not be measured.
    pub about: &'static str,
    /// Name, value and goal.
    pub rows: Vec<[String; 3]>,
    pub plots: Vec<Plot>,
}

/// One plot.
pub struct Plot {
    pub file: &'static str,
    pub title: &'static str,
    pub across: &'static str,
    pub up: &'static str,
    /// Whether the x axis is logarithmic.
    pub is_logarithmic: bool,
    pub lines: Vec<(&'static str, Vec<(f64, f64)>)>,
}

impl Section {
    pub fn text(&self) -> String {
        let mut text = format!(
            "## {}\n\n{}\n\n| what | measured | goal |\n| --- | --- | --- |\n",
            self.title, self.about
        );
        for [what, measured, goal] in &self.rows {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "| {what} | {measured} | {goal} |");
        }
        for plot in &self.plots {
            let _ = write!(text, "\n![{}]({})\n", plot.title, plot.file);
        }
        text
    }
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// Writes `docs/performance.md` and its plots.
pub fn write(sections: &[Section]) {
    let mut page = format!(
        "# How fast is it?\n\nThe tables below answer this. `cargo bench -p host-test --bench performance` measures everything and \
         writes this page.\nExperiments are in [performance-history.md](performance-history.md).\n\nEach ratio is from one \
         run. Absolute figures are from this machine: {}.\n",
        machine::words()
    );
    for section in sections {
        let _ = write!(page, "\n{}", section.text());
        section.plots.iter().for_each(draw);
    }
    std::fs::create_dir_all(docs()).unwrap();
    std::fs::write(docs().join("performance.md"), page).unwrap();
}

fn draw(plot: &Plot) {
    let path = docs().join(plot.file);
    let area = SVGBackend::new(&path, (640, 360)).into_drawing_area();
    area.fill(&WHITE).unwrap();
    let all = || plot.lines.iter().flat_map(|(_, points)| points);
    let most = |pick: fn(&(f64, f64)) -> f64| all().map(pick).fold(f64::MIN, f64::max);
    let least = all().map(|(x, _)| *x).fold(f64::MAX, f64::min);
    let (right, top) = (most(|(x, _)| *x), most(|(_, y)| *y) * 1.15);
    let mut builder = ChartBuilder::on(&area);
    builder
        .caption(plot.title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60);
    // The two kinds of axes have different types.
    macro_rules! finish {
        ($chart:expr) => {{
            let mut chart = $chart.unwrap();
            chart.configure_mesh().x_desc(plot.across).y_desc(plot.up).draw().unwrap();
            for (number, (name, points)) in plot.lines.iter().enumerate() {
                let color = Palette99::pick(number).to_rgba();
                let series =
                    LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(3);
                chart
                    .draw_series(series)
                    .unwrap()
                    .label(*name)
                    .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], color));
            }
            chart
                .configure_series_labels()
                .background_style(WHITE)
                .border_style(BLACK)
                .draw()
                .unwrap();
        }};
    }
    match plot.is_logarithmic {
        true => finish!(builder.build_cartesian_2d((least..right).log_scale(), 0.0..top)),
        false => finish!(builder.build_cartesian_2d(0.0..right, 0.0..top)),
    }
    area.present().unwrap();
}
