use super::*;
use crate::{
    base::time::Clock,
    model::{auth::Scope, record::tests::record},
};

fn token() -> Token {
    let new = NewToken::first(TokenKind::Secret);
    Token::new(record(), new, &Grant::ALL, RateLimits::default()).0
}

#[test]
fn a_revoked_token_has_no_look_up() {
    let token = token();
    assert_eq!(token.companions().unwrap().len(), 1);
    assert!(token.ended(Clock.now()).companions().unwrap().is_empty());
}

#[test]
fn revoking_twice_keeps_the_first_time() {
    let first = token().ended(Timestamp::from_millis(1000).unwrap());
    let second = first.ended(Timestamp::from_millis(2000).unwrap());
    assert_eq!(first.revoked_at, second.revoked_at);
}

#[test]
fn a_rolled_token_works_on_for_as_long_as_asked() {
    let (now, token, caller) = (Clock.now(), token(), token().id().clone());
    let admin = (&caller, Grant::ALL.as_slice());
    for (hours, works) in [(None, false), (Some(0), false), (Some(2), true)] {
        let roll = Roll { expires_in_hours: hours.map(Integer::clamped) };
        let (old, new, _) = token.rolled(record(), &roll, admin, now).unwrap();
        assert_eq!(old.works(now.plus_hours(1)), works);
        assert!(new.works(now) && !old.works(now.plus_hours(2)));
    }
    let revoked = token.ended(now);
    let roll = Roll { expires_in_hours: None };
    assert!(revoked.rolled(record(), &roll, admin, now).is_err());
}

#[test]
fn a_token_can_neither_roll_nor_revoke_one_that_may_do_more() {
    let (held, roll) = ([Grant::Only(Scope::TokensWrite)], Roll { expires_in_hours: None });
    let (now, target, caller) = (Clock.now(), token(), token().id().clone());
    let refused = target.rolled(record(), &roll, (&caller, &held), now);
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    assert!(matches!(target.revoked(&held, now), Err(Error::Forbidden(_))));
}

#[test]
fn a_token_that_replaces_itself_goes_on_for_a_while() {
    let (target, roll) = (token(), Roll { expires_in_hours: None });
    let own = (target.id(), Grant::ALL.as_slice());
    assert!(target.rolled(record(), &roll, own, Clock.now()).is_err());
    let roll = Roll { expires_in_hours: Some(Integer::clamped(1)) };
    assert!(target.rolled(record(), &roll, own, Clock.now()).is_ok());
}

#[test]
fn a_token_cannot_give_more_than_it_has() {
    let narrow = [Grant::Only(Scope::TokensWrite), Grant::Read];
    let wanting = |scopes: Vec<Grant>| NewToken {
        scopes: Some(scopes),
        ..NewToken::first(TokenKind::Secret)
    };
    let permitted = |scopes| wanting(scopes).permitted(&narrow, Clock.now());
    assert!(permitted(vec![Grant::Only(Scope::CustomersRead), Grant::Read]).is_ok());
    assert!(matches!(permitted(vec![Grant::Write]), Err(Error::Forbidden(_))));
    assert!(matches!(permitted(vec![]), Err(Error::Faulty(_))));
}
