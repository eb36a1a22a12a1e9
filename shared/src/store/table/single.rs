//! Single items that are many: events of usage, each put once under its own condition, and counters,
//! whose numbers have more digits than a JSON number keeps.
//!
//! A put by itself costs half of one in a transaction. What depends on several of them is decided by a
//! transaction afterwards (`store/usage.rs`).

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::put_item::PutItemError,
    types::{
        AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, Update,
        builders::UpdateBuilder,
    },
};

use futures_util::FutureExt;

use super::{
    connection::{Attributes, Table, attributes, attributes_of, failed, item_of, to_attributes},
    stored::Counted,
    transact::Outcome,
    write::Put,
};
use crate::{base::error::Error, store::key::Key};

/// Whole numbers of an item, by their names.
pub type Numbers = Vec<(String, i128)>;

/// What must hold of a number of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It is this, or there is none.
    Is(Option<i128>),
    /// It is this or more.
    AtLeast(i128),
    /// It is less than this, or there is none.
    Below(i128),
}

/// What changes in the numbers of an item, and on which conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberChange {
    /// What is added to numbers, which begin at 0.
    pub add: Vec<(String, i128)>,
    /// What numbers are set to.
    pub set: Vec<(String, i128)>,
    /// The numbers that go.
    pub remove: Vec<String>,
    /// What must hold of numbers.
    pub hold: Vec<(String, Hold)>,
}

/// The expressions of a change, with names and values that are used in them.
#[derive(Default)]
struct Expression {
    names: Vec<String>,
    values: Vec<i128>,
}

impl Expression {
    fn name(&mut self, name: &str) -> String {
        let place = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        format!("#{place}")
    }

    fn value(&mut self, value: i128) -> String {
        self.values.push(value);
        format!(":{}", self.values.len() - 1)
    }

    fn clause(&mut self, word: &str, of: &[(String, i128)], between: &str) -> Option<String> {
        let pair = |(name, value): &(String, i128)| {
            format!("{}{between}{}", self.name(name), self.value(*value))
        };
        let pairs: Vec<String> = of.iter().map(pair).collect();
        (!pairs.is_empty()).then(|| format!("{word} {}", pairs.join(", ")))
    }

    fn condition(&mut self, (name, hold): &(String, Hold)) -> String {
        let name = self.name(name);
        match hold {
            Hold::Is(None) => format!("attribute_not_exists({name})"),
            Hold::Is(Some(value)) => format!("{name} = {}", self.value(*value)),
            Hold::AtLeast(value) => format!("{name} >= {}", self.value(*value)),
            Hold::Below(value) => {
                format!("(attribute_not_exists({name}) OR {name} < {})", self.value(*value))
            }
        }
    }
}

impl NumberChange {
    /// It, as an update of an item.
    pub(super) fn update(&self) -> UpdateBuilder {
        let mut words = Expression::default();
        let add = words.clause("ADD", &self.add, " ");
        let set = words.clause("SET", &self.set, " = ");
        let gone: Vec<String> = self.remove.iter().map(|name| words.name(name)).collect();
        let remove = (!gone.is_empty()).then(|| format!("REMOVE {}", gone.join(", ")));
        let hold: Vec<String> = self.hold.iter().map(|hold| words.condition(hold)).collect();
        let change: Vec<String> = [add, set, remove].into_iter().flatten().collect();
        let mut update = Update::builder().update_expression(change.join(" "));
        if !hold.is_empty() {
            update = update.condition_expression(hold.join(" AND "));
        }
        for (place, name) in words.names.iter().enumerate() {
            update = update.expression_attribute_names(format!("#{place}"), name);
        }
        for (place, value) in words.values.iter().enumerate() {
            let number = AttributeValue::N(value.to_string());
            update = update.expression_attribute_values(format!(":{place}"), number);
        }
        update
    }
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
        match request.send().boxed().await {
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

    /// The whole numbers of the item under `key`; none, where there is no such item.
    pub async fn numbers_at(&self, key: &Key) -> Result<Numbers, Error> {
        let found: Option<Counted> = self.read_at(key).await?;
        Ok(found.map(|counted| counted.numbers).unwrap_or_default())
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
            let request = request.set_exclusive_start_key(start);
            let (page, next) = self.query_once::<Counted>(request).await?;
            found.extend(page.into_iter().map(|counted| (counted.sk, counted.numbers)));
            start = next;
            if start.is_none() {
                return Ok(found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_number_keeps_its_digits_on_its_way_there() {
        let most = "99999999999999999999999999999999999999";
        let added = NumberChange {
            add: vec![("v00".to_owned(), most.parse().unwrap())],
            ..NumberChange::default()
        };
        let update = added.update().table_name("t").set_key(Some(HashMap::new())).build().unwrap();
        assert_eq!(update.update_expression(), "ADD #0 :0");
        let value = update.expression_attribute_values().unwrap()[":0"].clone();
        assert_eq!(value, AttributeValue::N(most.to_owned()));
        assert_eq!(update.condition_expression(), None);
    }

    #[test]
    fn numbers_change_on_conditions_of_numbers() {
        let name = |text: &str| text.to_owned();
        let change = NumberChange {
            add: vec![(name("n01"), 1), (name("g01"), 1)],
            set: vec![(name("m01"), 7)],
            remove: vec![name("d01")],
            hold: vec![
                (name("m01"), Hold::Below(7)),
                (name("g01"), Hold::Is(None)),
                (name("n01"), Hold::AtLeast(2)),
                (name("d01"), Hold::Is(Some(1))),
            ],
        };
        let update = change.update().table_name("t").set_key(Some(HashMap::new())).build().unwrap();
        assert_eq!(update.update_expression(), "ADD #0 :0, #1 :1 SET #2 = :2 REMOVE #3");
        let condition = "(attribute_not_exists(#2) OR #2 < :3) AND attribute_not_exists(#1) AND \
                         #0 >= :4 AND #3 = :5";
        assert_eq!(update.condition_expression(), Some(condition));
    }
}
