//! What can go wrong with one request: every row of the table "what each answer means", and pages that lie about
//! themselves.

use buildkite_audit_logs::buildkite::response::{Exchange, Failure, Response};
use fastrand::Rng;
use kit::Asked;
use kit::response::response as answered;

use crate::remote::{Remote, write};

/// An injected failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    Reset,
    Timeout,
    Oversized,
    Truncated,
    Status(u16),
    /// 429 with the seconds only in its message.
    Exceeded(i64),
    Encoded,
    Html,
    NotAnObject,
    NotAllowed,
    Complexity,
    BadCursor,
    Validation,
    /// A part of a page, which must not be used, next to an error.
    PartialData,
    OrganizationNull,
    EventsNull,
    EdgesNull,
    NodeNull,
    RowTwice,
    SameCursor,
    NoCursor,
    /// A page without rows that promises more.
    EmptyPromise,
    NoHeaders,
    WrongHeaders,
}

use Trouble::*;

pub const ALL: [Trouble; 34] = [
    Reset,
    Timeout,
    Oversized,
    Truncated,
    Status(302),
    Status(401),
    Status(403),
    Status(404),
    Status(408),
    Status(429),
    Status(500),
    Status(502),
    Status(503),
    Status(504),
    Status(504),
    Exceeded(7),
    Exceeded(90),
    Encoded,
    Html,
    NotAnObject,
    NotAllowed,
    Complexity,
    BadCursor,
    BadCursor,
    Validation,
    PartialData,
    OrganizationNull,
    EventsNull,
    EdgesNull,
    NodeNull,
    RowTwice,
    SameCursor,
    NoCursor,
    EmptyPromise,
];

/// Failures that leave the page itself true.
pub const HARMLESS: [Trouble; 2] = [NoHeaders, WrongHeaders];

fn response(status: u16, body: &str) -> Exchange {
    Ok(Response { status, headers: vec![], body: body.as_bytes().to_vec(), elapsed_ms: 5 })
}

fn failed(message: &str) -> Exchange {
    response(200, &format!(r#"{{"data":null,"errors":[{{"message":"{message}"}}]}}"#))
}

/// Returns the answer with this trouble, and the event that only this answer hides, if any.
pub fn answer(
    trouble: Trouble,
    remote: &mut Remote,
    asked: &Asked,
    now_us: i64,
    rng: &mut Rng,
) -> (Exchange, Option<u32>) {
    let exchange = match trouble {
        Reset => Err(Failure::Network("reset".into())),
        Timeout => Err(Failure::Network("no answer within 30 seconds".into())),
        Oversized => Err(Failure::TooLarge),
        Status(status) => response(status, r#"{"message":"no"}"#),
        Exceeded(seconds) => response(
            429,
            &format!(r#"{{"errors":[{{"message":"Please try again in {seconds} seconds."}}]}}"#),
        ),
        Html => response(200, "<html>busy</html>"),
        NotAnObject => response(200, "[1]"),
        NotAllowed => response(
            200,
            r#"{"data":{"organization":{"permissions":{"auditEventsView":{"allowed":false,"code":"x","message":"y"}},"auditEvents":null}}}"#,
        ),
        Complexity => failed("Query has complexity of 9, which exceeds max complexity of 8"),
        BadCursor => {
            failed("The provided cursor was invalid, please fetch a new cursor and try again")
        }
        Validation => response(
            200,
            r#"{"errors":[{"message":"Field 'x' doesn't exist","locations":[{"line":1,"column":1}]}]}"#,
        ),
        OrganizationNull => response(200, r#"{"data":{"organization":null}}"#),
        EventsNull => response(200, r#"{"data":{"organization":{"auditEvents":null}}}"#),
        EdgesNull => response(
            200,
            r#"{"data":{"organization":{"auditEvents":{"pageInfo":{"hasNextPage":false,"endCursor":null},"edges":null}}}}"#,
        ),
        Truncated | Encoded | NoHeaders | WrongHeaders => {
            Ok(damaged(trouble, remote.answer(asked, now_us, rng)))
        }
        PartialData | NodeNull | RowTwice | SameCursor | NoCursor | EmptyPromise => {
            return lie(trouble, remote, asked, now_us, rng);
        }
    };
    (exchange, None)
}

/// Damages a true answer.
fn damaged(trouble: Trouble, mut response: Response) -> Response {
    match trouble {
        Truncated => response.body.truncate(response.body.len() / 2),
        Encoded => response.headers.push(("Content-Encoding".into(), "gzip".into())),
        NoHeaders => response.headers.clear(),
        _ => {
            for (_, value) in &mut response.headers {
                *value = "soon, -1e99".into();
            }
        }
    }
    response
}

/// Makes a page lie about itself.
fn lie(
    trouble: Trouble,
    remote: &mut Remote,
    asked: &Asked,
    now_us: i64,
    rng: &mut Rng,
) -> (Exchange, Option<u32>) {
    let mut page = remote.page(asked, now_us, rng);
    match trouble {
        NodeNull => page.hidden = rng.choice(page.rows.iter()).map(|event| event.number),
        PartialData => {
            page.rows.truncate(page.rows.len() / 2);
            page.has_next = false;
        }
        RowTwice => page.is_doubled = true,
        SameCursor => (page.has_next, page.cursor) = (true, asked.after.clone()),
        NoCursor => (page.has_next, page.cursor) = (true, None),
        // There is no row for a cursor to point to.
        _ => (page.has_next, page.rows, page.cursor) = (true, Vec::new(), asked.after.clone()),
    }
    let (mut body, hidden, rows) = (write(&page), page.hidden, page.rows.len());
    if trouble == PartialData {
        body = body.replacen('{', r#"{"errors":[{"message":"something is busy"}],"#, 1);
    }
    let headers = remote.headers(now_us, 6 + 4 * rows as i64);
    (Ok(answered(200, headers, body)), hidden)
}
