use proptest::prelude::*;

use super::*;

#[test]
fn a_token_is_prefix_environment_thirty_and_six() {
    let token = PlainToken::new(TokenKind::Publishable, Environment::Stg);
    assert_eq!(token.prefix(), "pt_stg_");
    assert_eq!(token.reveal().len(), "pt_stg_".len() + 36);
    assert!(token.reveal().ends_with(token.last_four()));
    assert_eq!(PlainToken::parse(token.reveal()), Some(token));
}

#[test]
fn a_token_never_prints_itself() {
    let token = PlainToken::new(TokenKind::Secret, Environment::Prod);
    assert_eq!(format!("{token:?}"), "PlainToken(…)");
}

#[test]
fn the_checksum_is_pinned() {
    let body = "st_prod_000000000000000000000000000000";
    assert_eq!(checksum(body), "0kgGab");
    assert!(PlainToken::parse(&format!("{body}{}", checksum(body))).is_some());
}

#[test]
fn every_scope_can_be_granted_by_name() {
    for scope in Scope::ALL {
        let grant = Grant::named(scope.as_str()).unwrap();
        assert!(grant.allows(*scope) && Grant::ALL.iter().any(|all| all.covers(grant)));
    }
    assert!(Grant::Read.allows(Scope::EventsRead) && !Grant::Read.allows(Scope::TokensWrite));
    assert!(!Grant::Only(Scope::CustomersWrite).covers(Grant::Write));
}

proptest! {
    #[test]
    fn one_wrong_character_is_noticed(at in 0_usize..44, with in "[0-9A-Za-z]") {
        let token = PlainToken::new(TokenKind::Secret, Environment::Prod);
        let mut text = token.reveal().to_owned();
        text.replace_range(at..=at, &with);
        prop_assert_eq!(PlainToken::parse(&text).is_some(), text == token.reveal());
    }
}
