//! Which of two services of one tenant goes on: the one that counted up last.

/// Whether the stored counter is the number that this service got when it counted up.
///
/// Engines store it as eight bytes, most significant first (NATS) or last (in memory, files), or in digits (Redis).
pub fn is_ours(stored: &[u8], generation: u64) -> bool {
    stored == generation.to_be_bytes()
        || stored == generation.to_le_bytes()
        || stored == generation.to_string().as_bytes()
}

/// The key of a tenant's checkpoint. Keys may hold letters, digits and `-/_=.` on NATS, and no `/` on files.
pub fn checkpoint_key(tenant: &str) -> String {
    format!("{tenant}.checkpoint")
}

/// The key of a tenant's counter.
pub fn generation_key(tenant: &str) -> String {
    format!("{tenant}.generation")
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn a_number_is_known_in_every_form_and_no_other_is() {
        for stored in [&b"\0\0\0\0\0\0\0\x07"[..], b"\x07\0\0\0\0\0\0\0", b"7"] {
            assert!(is_ours(stored, 7));
            assert!(!is_ours(stored, 8));
        }
        assert!(!is_ours(b"", 7));
    }
}
