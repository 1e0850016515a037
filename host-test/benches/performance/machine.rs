//! The machine that the figures were measured on.

/// Describes the processor, its cores, and the compiler.
pub fn words() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{}, {cores} cores, {}, a component of {} bytes",
        model.unwrap_or("an unknown processor"),
        std::env::consts::OS,
        host_test::guest::component::BUNDLED.len()
    )
}
