use super::*;
use crate::base::{
    id::IdSource,
    input::{Input, Json},
    time::Clock,
};

fn new_in(account: &str, test_in_prod: bool) -> Result<Processor, Error> {
    let account: AccountId = account.parse().unwrap();
    let id = ProcessorId::new(account.environment(), Clock.now(), &IdSource::new(Clock));
    let json = Json::parse(r#"{"name": "Cards", "type": "test"}"#).unwrap();
    let new = NewProcessor::read(&json, &Location::body(NOUN), &mut Faults::default());
    Processor::new(Record::new(id, account, Clock.now()), new.unwrap(), test_in_prod)
}

#[test]
fn the_test_processor_is_in_production_only_where_the_deployment_has_it() {
    let (stg, prod) = ("acc_stg_0000000000000001", "acc_prod_0000000000000001");
    assert!(new_in(stg, false).is_ok() && new_in(prod, true).is_ok());
    assert_eq!(new_in(prod, false).unwrap_err().status(), 422);
}

#[test]
fn a_processor_that_was_used_cannot_be_deleted() {
    let processor = new_in("acc_stg_0000000000000001", false).unwrap();
    assert!(processor.clone().deletable().is_ok());
    assert_eq!(processor.used().deletable().unwrap_err().status(), 422);
}
