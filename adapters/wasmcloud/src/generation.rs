//! Decides which of two services of one tenant continues: the one that incremented the counter last.

/// Returns whether the stored counter is the number that this service's increment returned.
///
/// Engines store the counter as eight bytes, big-endian (NATS) or little-endian (in memory, files), or as decimal
/// digits (Redis).
pub fn is_ours(stored: &[u8], generation: u64) -> bool {
    stored == generation.to_be_bytes()
        || stored == generation.to_le_bytes()
        || stored == generation.to_string().as_bytes()
}

/// Returns the key of a tenant's checkpoint. Keys may contain letters, digits and `-/_=.` on NATS, but no `/` in file
/// stores.
pub fn checkpoint_key(tenant: &str) -> String {
    format!("{tenant}.checkpoint")
}

/// Returns the key of a tenant's counter.
pub fn generation_key(tenant: &str) -> String {
    format!("{tenant}.generation")
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn a_generation_is_recognized_in_every_encoding_and_no_other_is() {
        for stored in [&b"\0\0\0\0\0\0\0\x07"[..], b"\x07\0\0\0\0\0\0\0", b"7"] {
            assert!(is_ours(stored, 7));
            assert!(!is_ours(stored, 8));
        }
        assert!(!is_ours(b"", 7));
    }
}
