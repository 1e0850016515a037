//! The memory bound, as a multiple of the input.

/// Maximum number of bytes of memory per byte of input. The densest JSON is a list of errors, `0,0,0`: two bytes of it
/// take 16 bytes in a list that doubles as it grows, 32 bytes for the error, and a string of one character: 34 per
/// byte. Members such as `"":0,` take 24 per byte in the same way. The rest is for copies of both.
const FACTOR: usize = 64;
/// Maximum number of bytes of memory for an empty input: a state, a request with its document, messages.
const SLACK: usize = 64 * 1024;

/// Runs a closure, and asserts that its peak memory is within the bound for an input of `bytes` bytes.
pub fn bounded<T>(bytes: usize, run: impl FnOnce() -> T) -> T {
    let mut result = None;
    let peak = allocation_counter::measure(|| result = Some(run())).bytes_max as usize;
    let most = FACTOR * bytes + SLACK;
    assert!(peak <= most, "{peak} bytes of memory for {bytes} bytes of input");
    result.expect("the closure ran")
}
