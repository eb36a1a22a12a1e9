//! Event filtering: which stream records a function wants to see.
//!
//! A pattern has the shape of the event with lists of accepted values at its leaves. Values, and the
//! comparisons `exists`, `prefix`, `suffix`, `equals-ignore-case` and `anything-but`, are known;
//! anything else is refused when the stack starts, not silently passed.
//! Source: AWS, "Control which events Lambda sends to your function".

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

/// The patterns of one event source; a record passes when any of them matches.
pub(super) struct Filter(Vec<Value>);

impl Filter {
    pub(super) fn parse(criteria: Option<&Value>) -> Result<Self> {
        let filters = criteria.and_then(|c| c.get("Filters")).and_then(Value::as_array);
        let mut patterns = Vec::new();
        for filter in filters.into_iter().flatten() {
            let text = filter
                .get("Pattern")
                .and_then(Value::as_str)
                .ok_or_else(|| anyhow!("a filter without a Pattern"))?;
            let pattern = serde_json::from_str(text)
                .with_context(|| format!("the filter pattern {text} is not JSON"))?;
            check(&pattern)?;
            patterns.push(pattern);
        }
        Ok(Self(patterns))
    }

    pub(super) fn passes(&self, record: &Value) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| matches(pattern, Some(record)))
    }
}

fn check(pattern: &Value) -> Result<()> {
    match pattern {
        Value::Object(map) => map.values().try_for_each(check),
        Value::Array(accepted) => accepted.iter().try_for_each(check_leaf),
        other => bail!("{other} in a filter pattern must be a list"),
    }
}

fn check_leaf(accepted: &Value) -> Result<()> {
    let known = ["exists", "prefix", "suffix", "equals-ignore-case", "anything-but"];
    match accepted {
        Value::Object(map) => match map.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => bail!("the local stack does not know the filter comparison {key:?}"),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn matches(pattern: &Value, value: Option<&Value>) -> bool {
    match pattern {
        Value::Object(fields) => {
            fields.iter().all(|(key, inner)| matches(inner, value.and_then(|value| value.get(key))))
        }
        Value::Array(accepted) => accepted.iter().any(|one| accepts(one, value)),
        _ => false,
    }
}

fn accepts(accepted: &Value, value: Option<&Value>) -> bool {
    let Value::Object(comparison) = accepted else { return Some(accepted) == value };
    comparison.iter().all(|(kind, operand)| {
        let (text, operand_text) = (value.and_then(Value::as_str), operand.as_str());
        match (kind.as_str(), text, operand_text) {
            ("exists", ..) => operand.as_bool() == Some(value.is_some()),
            ("prefix", Some(text), Some(prefix)) => text.starts_with(prefix),
            ("suffix", Some(text), Some(suffix)) => text.ends_with(suffix),
            ("equals-ignore-case", Some(text), Some(other)) => text.eq_ignore_ascii_case(other),
            ("anything-but", ..) => value.is_some_and(|value| match operand {
                Value::Array(refused) => !refused.contains(value),
                refused => value != refused,
            }),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use serde_json::json;

    #[test]
    fn a_record_passes_when_a_pattern_matches() {
        let criteria = json!({"Filters": [{"Pattern": json!({
            "eventName": ["INSERT"],
            "dynamodb": {"NewImage": {"SK": {"S": [{"prefix": "EVT#"}]}, "x": {"S": [{"exists": false}]}}},
        }).to_string()}]});
        let filter = Filter::parse(Some(&criteria)).unwrap();
        let record = |name: &str, sk: &str| json!({"eventName": name, "dynamodb": {"NewImage": {"SK": {"S": sk}}}});
        assert!(filter.passes(&record("INSERT", "EVT#1")));
        assert!(!filter.passes(&record("MODIFY", "EVT#1")));
        assert!(!filter.passes(&record("INSERT", "CUS#1")));
        assert!(!filter.passes(&json!({"eventName": "INSERT"})));
        assert!(Filter::parse(None).unwrap().passes(&json!({})));
    }

    #[test]
    fn an_unknown_comparison_is_refused() {
        let criteria = json!({"Filters": [{"Pattern": r#"{"a": [{"numeric": [">", 1]}]}"#}]});
        assert!(Filter::parse(Some(&criteria)).is_err());
    }
}
