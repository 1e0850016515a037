//! Tests of when a token is requested, renewed and given up.

use super::*;
use crate::credential::portal::Portal;
use std::time::UNIX_EPOCH;

fn credential() -> Credential {
    let secret = Stored::fixed(Token::new("bkps_0123456789abcdef").unwrap());
    let (url, client_id) = ("https://portal.example".to_owned(), String::new());
    Credential::new(Method::Portal(Portal { url, client_id, secret }))
}

fn grant(name: &str, seconds: u64) -> Result<Grant, Trouble> {
    let token = Token::new(&format!("bkpt_0123456789abcdef_{name}")).unwrap();
    Ok(Grant { token, life: Duration::from_secs(seconds) })
}

fn at(instant: Instant) -> Moment {
    Moment { instant, time: UNIX_EPOCH }
}

fn asks(turn: &Turn, instant: Instant) -> bool {
    matches!(turn.next(at(instant)), Ok(Next::Ask(_)))
}

#[tokio::test]
async fn a_token_is_renewed_shortly_before_it_expires_and_used_until_then() {
    let credential = credential();
    let mut turn = credential.turn().await;
    let begin = Instant::now();
    let second = Duration::from_secs(1);
    assert!(asks(&turn, begin));
    let first = turn.asked(grant("a", 3_600), begin, begin + second).unwrap();
    assert!(!asks(&turn, begin + 3_480 * second) && asks(&turn, begin + 3_540 * second));
    // While it is valid, it stays in use if a request for a new one fails.
    let late = begin + 3_590 * second;
    let trouble = || Err(Trouble::Transient("down".to_owned(), second));
    assert!(turn.asked(trouble(), late, late).unwrap() == first);
    assert!(!asks(&turn, late) && asks(&turn, late + second));
    let ended = begin + 3_600 * second;
    assert!(matches!(turn.asked(trouble(), ended, ended), Err(Trouble::Transient(..))));
    // Those who waited get the same failure.
    assert!(matches!(turn.next(at(ended)), Err(Trouble::Transient(..))));
    assert!(asks(&turn, ended + second));
    let short = turn.asked(grant("b", 2), ended, ended).unwrap();
    assert!(!asks(&turn, ended + 8 * second / 5) && asks(&turn, ended + 9 * second / 5));
    assert_eq!(credential.secrets().len(), 3, "two tokens and the secret of the portal");
    assert!(credential.secrets().contains(&short));
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_in_a_while() {
    let mut turn = credential().turn().await;
    let begin = Instant::now();
    let old = turn.asked(grant("a", 3_600), begin, begin).unwrap();
    assert!(turn.give_up(&old, begin) && asks(&turn, begin));
    let new = turn.asked(grant("b", 3_600), begin, begin).unwrap();
    // Someone else asks with the old one: the new one is there already.
    assert!(turn.give_up(&old, begin) && !asks(&turn, begin));
    assert!(!turn.give_up(&new, begin + GIVE_UP_EVERY / 2));
    assert!(turn.give_up(&new, begin + GIVE_UP_EVERY));
    // One that may have expired is replaced at once.
    let short = turn.asked(grant("c", 2), begin, begin).unwrap();
    assert!(!turn.give_up(&short, begin) && turn.give_up(&short, begin + Duration::from_secs(1)));
}
