//! What becomes of a gap after one of its pages: where it continues, or that it is closed. A listing that leads nowhere
//! is abandoned after a bounded number of pages.

use crate::ask::Ask;
use crate::error::Error;
use crate::sync::gap::{Cursor, Gap};
use crate::text::time::Millis;

/// Maximum number of odd pages in a row (more was promised, but with no cursor, the same cursor or no rows) before they
/// are treated as a fault of the remote: the first may be a hiccup, and asking by time may fix the next two.
pub const ODD_MAX: u32 = 3;
/// Maximum number of pages in a row without anything new: with pages of one event, 10,000 known events in one
/// millisecond take 10,000 pages.
pub const BARREN_MAX: u32 = 50_000;

/// What a page showed, besides its rows.
pub struct Seen {
    /// It has as many rows as were requested.
    pub is_full: bool,
    /// It has no rows at all.
    pub is_empty: bool,
    /// The time of the lowest row, within the gap.
    pub reached: Millis,
    /// It has rows that were not delivered before.
    pub brings_new: bool,
    /// Where the next page begins.
    pub cursor: Option<String>,
    /// Whether the remote says that there is a next page.
    pub has_next: bool,
}

/// Returns the gap after a page, or `None` if this was its last page.
///
/// # Errors
///
/// Returns [`Error::Protocol`] if the listing leads nowhere; see [`ODD_MAX`] and [`BARREN_MAX`].
pub fn follow(ask: &Ask, gap: Gap, seen: Seen) -> Result<Option<Gap>, Error> {
    let progress = seen.brings_new || seen.reached < gap.reached;
    let is_same = seen.cursor.is_some() && seen.cursor == ask.after;
    let is_odd = seen.has_next && (seen.cursor.is_none() || is_same || seen.is_empty);
    let leads_on = seen.cursor.is_some() && !is_same;
    // A full page claimed to be the last: from there on, pages are followed until one is not full.
    let is_confirming = gap.confirm;
    let is_confirmed = is_confirming && !seen.brings_new && !leads_on;
    if !seen.has_next && (!seen.is_full || is_confirmed) {
        return Ok(None);
    }
    let barren = if progress { 0 } else { gap.barren.saturating_add(1) };
    let odd = if progress { 0 } else { gap.odd.saturating_add(u32::from(is_odd)) };
    if odd > ODD_MAX || barren > BARREN_MAX {
        return Err(Error::Protocol(format!(
            "pageInfo of auditEvents leads nowhere: {barren} pages in a row at {} brought nothing new, \
             yet hasNextPage is {} with {}",
            gap.reached,
            seen.has_next,
            match &seen.cursor {
                None => "no endCursor",
                Some(_) if is_same => "the endCursor that was sent",
                Some(_) => "another endCursor",
            }
        )));
    }
    // A full page that claims to be the last is confirmed by one more request, from the time reached. From then on
    // cursors are followed to the end, whatever the next full pages say: by time, events that share a millisecond would
    // be read again for each page.
    let confirm = !seen.has_next || is_confirming;
    let cursor = seen.cursor.filter(|_| leads_on && (seen.has_next || is_confirming));
    let cursor = cursor.map(|after| Cursor { after, to: ask.to });
    Ok(Some(Gap { reached: seen.reached, cursor, confirm, barren, odd, floor: gap.floor }))
}
