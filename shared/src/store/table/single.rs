//! Single items that are many: events of usage, each put once under its own condition, and counters,
//! whose numbers have more digits than a JSON number keeps.
//!
//! A put by itself costs half of one in a transaction. What depends on several of them is decided by a
//! transaction afterwards (`store/usage.rs`).

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::put_item::PutItemError,
    types::{
        AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, Update,
        builders::UpdateBuilder,
    },
};

use super::{
    connection::{Attributes, Table, attributes, attributes_of, failed, item_of, to_attributes},
    transact::{Outcome, Put},
};
use crate::base::error::Error;

/// Whole numbers of an item, by their names.
pub type Numbers = Vec<(String, i128)>;

/// The change that adds to numbers of an item.
pub(super) fn addition(amounts: &[(String, i128)]) -> UpdateBuilder {
    let (mut update, mut words) = (Update::builder(), Vec::new());
    for (place, (name, amount)) in amounts.iter().enumerate() {
        words.push(format!("#{place} :{place}"));
        update = update
            .expression_attribute_names(format!("#{place}"), name)
            .expression_attribute_values(
                format!(":{place}"),
                AttributeValue::N(amount.to_string()),
            );
    }
    update.update_expression(format!("ADD {}", words.join(", ")))
}

impl Table {
    /// Puts one item if its condition holds. A put whose answer was lost is sent again, and may then be
    /// refused because of itself: whoever asks compares what is there.
    pub async fn put_once(&self, put: &Put) -> Result<Outcome, Error> {
        let (key, item, condition) = put.parts();
        let mut item: Attributes = to_attributes(item)?;
        item.extend(attributes_of(key)?);
        let mut request = (self.client.put_item())
            .table_name(&self.name)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        if let Some(condition) = condition {
            let (expression, values) = condition.expression();
            let values = Some(attributes(values)?).filter(|values| !values.is_empty());
            request =
                request.condition_expression(expression).set_expression_attribute_values(values);
        }
        match request.send().await {
            Ok(answer) => {
                self.note(answer.consumed_capacity());
                Ok(Outcome::Done)
            }
            Err(SdkError::ServiceError(service))
                if service.err().is_conditional_check_failed_exception() =>
            {
                self.note([]);
                let there = match service.into_err() {
                    PutItemError::ConditionalCheckFailedException(refused) => refused.item,
                    _ => None,
                };
                Ok(Outcome::Refused(there.map(item_of).transpose()?))
            }
            // A transaction has the item in hand.
            Err(SdkError::ServiceError(service))
                if service.err().is_transaction_conflict_exception() =>
            {
                self.note([]);
                Ok(Outcome::Unknown)
            }
            Err(error) => Err(failed("PutItem", error)),
        }
    }

    /// The whole numbers of the items of partition `pk` whose sort keys are from `from` to `to`, both
    /// included, with those keys.
    pub async fn numbers(
        &self,
        pk: &str,
        from: &str,
        to: &str,
    ) -> Result<Vec<(String, Numbers)>, Error> {
        let (mut found, mut start) = (Vec::new(), None);
        loop {
            let request = self.between(pk, from, to)?.consistent_read(true);
            let (page, next) = self.query_once(request.set_exclusive_start_key(start)).await?;
            found.extend(page.into_iter().map(numbers_of));
            start = next;
            if start.is_none() {
                return found.into_iter().collect();
            }
        }
    }
}

fn numbers_of(item: HashMap<String, AttributeValue>) -> Result<(String, Numbers), Error> {
    let (mut sk, mut numbers) = (String::new(), Vec::new());
    for (name, value) in item {
        match value {
            AttributeValue::S(text) if name == "SK" => sk = text,
            AttributeValue::N(digits) => {
                let number = digits.parse().map_err(|_| {
                    Error::Internal(format!("the counter {name} is no whole number: {digits}"))
                })?;
                numbers.push((name, number));
            }
            _ => {}
        }
    }
    Ok((sk, numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_digits_on_its_way_there_and_back() {
        let most = "99999999999999999999999999999999999999";
        let added = addition(&[("v00".to_owned(), most.parse().unwrap())]);
        let update = added.table_name("t").set_key(Some(HashMap::new())).build().unwrap();
        assert_eq!(update.update_expression(), "ADD #0 :0");
        let value = update.expression_attribute_values().unwrap()[":0"].clone();
        let item = HashMap::from([
            ("SK".to_owned(), AttributeValue::S("day".to_owned())),
            ("v00".to_owned(), value),
        ]);
        let numbers = vec![("v00".to_owned(), most.parse().unwrap())];
        assert_eq!(numbers_of(item).unwrap(), ("day".to_owned(), numbers));
        let odd = HashMap::from([("v00".to_owned(), AttributeValue::N("1.5".to_owned()))]);
        assert!(numbers_of(odd).is_err());
    }
}
