//! The bound of memory, as a multiple of the input.

/// Bytes of memory that a byte of input may take. The densest JSON is a list of errors, `0,0,0`: for two bytes it takes
/// sixteen in a list that doubles as it grows, thirty-two for what the error says, and a text of one letter: 34 a byte.
/// An object of members `"":0,` takes 24 a byte in the same way. The rest is for copies of both.
const FACTOR: usize = 64;
/// Bytes that an empty input may take: a state, a request with its document, messages.
const SLACK: usize = 64 * 1024;

/// Runs something and sees that it took no more memory at once than an input of `bytes` may take.
pub fn bounded<T>(bytes: usize, run: impl FnOnce() -> T) -> T {
    let mut result = None;
    let peak = allocation_counter::measure(|| result = Some(run())).bytes_max as usize;
    let most = FACTOR * bytes + SLACK;
    assert!(peak <= most, "{peak} bytes of memory for {bytes} of input");
    result.expect("it has run")
}
