//! The uuids of events that were delivered although their time could not be read. Without a time, it is unknown how
//! long they may be read again, so the most recent ones are kept, in order, wherever they are in the listing.

use crate::text::base64;

/// Maximum number of uuids, 22 kB of checkpoint: far more than one fault of the remote leaves in the range that is read
/// again.
const UNDATED_MAX: usize = 1_000;

/// Size of one packed uuid, in bytes.
const PACKED: usize = 16;

/// A queue of uuids, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undated(Vec<u128>);

impl Undated {
    /// Returns whether no uuid is kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether this event was delivered before, as far as is known.
    pub fn contains(&self, uuid: u128) -> bool {
        self.0.contains(&uuid)
    }

    /// Keeps a uuid. Returns false if the oldest had to be removed for it.
    #[must_use]
    pub fn insert(&mut self, uuid: u128) -> bool {
        let is_full = self.0.len() >= UNDATED_MAX;
        if is_full {
            self.0.remove(0);
        }
        self.0.push(uuid);
        !is_full
    }

    /// Packs the uuids as base64 of 16 bytes each, big-endian.
    pub fn pack(&self) -> String {
        let bytes: Vec<u8> = self.0.iter().flat_map(|uuid| uuid.to_be_bytes()).collect();
        base64::encode(&bytes)
    }

    /// Reads what [`Self::pack`] wrote. Returns `None` for anything else.
    pub fn unpack(text: &str) -> Option<Self> {
        let bytes = base64::decode(text)?;
        let (entries, rest) = bytes.as_chunks::<PACKED>();
        let uuids = entries.iter().map(|entry| u128::from_be_bytes(*entry)).collect();
        (rest.is_empty() && entries.len() <= UNDATED_MAX).then_some(Self(uuids))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_and_unpacking_changes_nothing() {
        let mut undated = Undated::default();
        assert!(undated.insert(7) && undated.insert(u128::MAX));
        assert_eq!(Undated::unpack(&undated.pack()), Some(undated));
        assert_eq!(Undated::unpack("AAAA"), None);
        assert_eq!(Undated::unpack("?"), None);
    }

    #[test]
    fn the_oldest_is_removed_first() {
        let mut undated = Undated::default();
        (0..UNDATED_MAX as u128).for_each(|uuid| assert!(undated.insert(uuid)));
        assert!(!undated.insert(UNDATED_MAX as u128));
        assert!(!undated.contains(0) && undated.contains(1));
        assert!(Undated::unpack(&undated.pack()).is_some());
    }
}
