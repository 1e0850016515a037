//! What becomes of a gap after one of its pages: where it goes on, or that it is closed. A listing that leads nowhere is
//! left after a bounded number of pages.

use crate::ask::Ask;
use crate::error::Error;
use crate::sync::gap::{Cursor, Gap};
use crate::text::time::Millis;

/// Odd pages in a row (more was promised, but with no cursor, the same cursor or no rows) before it is called a fault
/// of the remote: the first may be a hiccup, and asking by time may cure the next two.
pub const ODD_MAX: u32 = 3;
/// Pages in a row that bring nothing new: with pages of one event, a millisecond of 10,000 known events takes as many.
pub const BARREN_MAX: u32 = 50_000;

/// What a page showed, besides its rows.
pub struct Seen {
    /// As many rows as were asked for.
    pub is_full: bool,
    /// No rows at all.
    pub is_empty: bool,
    /// The time of the lowest row, within the gap.
    pub reached: Millis,
    /// Rows that were not handed out before.
    pub brings_new: bool,
    /// Where the next page begins.
    pub cursor: Option<String>,
    /// Whether the remote says that there is one.
    pub has_next: bool,
}

/// The gap after a page; none: its last page is read.
///
/// # Errors
///
/// [`Error::Protocol`] when the listing leads nowhere: see [`ODD_MAX`] and [`BARREN_MAX`].
pub fn follow(ask: &Ask, gap: Gap, seen: Seen) -> Result<Option<Gap>, Error> {
    let progress = seen.brings_new || seen.reached < gap.reached;
    let is_same = seen.cursor.is_some() && seen.cursor == ask.after;
    let is_odd = seen.has_next && (seen.cursor.is_none() || is_same || seen.is_empty);
    let leads_on = seen.cursor.is_some() && !is_same;
    // The doubtful end of a full page was met: from there on pages are followed to one that is not full.
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
    // A full page that says it is the last is asked about once more, from the time reached. Then its own cursors are
    // followed to the end, whatever the next full pages say: by time again, a crowd would be read again for each.
    let confirm = !seen.has_next || is_confirming;
    let cursor = seen.cursor.filter(|_| leads_on && (seen.has_next || is_confirming));
    let cursor = cursor.map(|after| Cursor { after, to: ask.to });
    Ok(Some(Gap { reached: seen.reached, cursor, confirm, barren, odd, floor: gap.floor }))
}
