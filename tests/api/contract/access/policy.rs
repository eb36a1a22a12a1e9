//! Where what a function did and what its policy lets it do differ.

use std::collections::BTreeMap;

use local::{
    Template,
    template::{Function, Statement},
    wire::Touch,
};

/// Where `touches` and the policy of `function` differ.
pub(super) fn compared(function: &Function, touches: &[&Touch]) -> Vec<String> {
    // The narrowest statement that allows an action is the one that it takes.
    let mut statements: Vec<&Statement> = function.statements.iter().collect();
    statements.sort_by_key(|statement| statement.leading_keys.is_empty());
    let mut unused: Vec<(usize, &str)> = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        unused.extend(statement.actions.iter().map(|action| (index, action.as_str())));
    }
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    for touch in touches {
        match statements.iter().position(|statement| allows(statement, touch)) {
            Some(index) => unused.retain(|one| *one != (index, touch.permission.as_str())),
            None => {
                let example = format!("{} / {:?}", touch.partition_key, touch.sort_key);
                refused.entry(touch.permission.clone()).or_insert(example);
            }
        }
    }
    let refused = refused
        .iter()
        .map(|(action, example)| format!("uses {action} and may not, for example on {example}"));
    let unused =
        unused.iter().map(|(index, action)| match statements[*index].leading_keys.as_slice() {
            [] => format!("may use {action} and does not"),
            keys => format!("may use {action} on {} and does not", keys.join(", ")),
        });
    refused.chain(unused).collect()
}

pub(super) fn allows(statement: &Statement, touch: &Touch) -> bool {
    let of_table = |arn: &String| arn.ends_with(&format!(":table/{}", touch.table));
    statement.effect == "Allow"
        && statement.actions.contains(&touch.permission)
        && statement.resources.iter().any(of_table)
        && (statement.leading_keys.is_empty()
            || statement.leading_keys.iter().any(|key| is_like(key, &touch.partition_key)))
}

/// Whether `text` is like `pattern`, in which `*` stands for any text: IAM's `StringLike`.
pub(super) fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let mut ends = (0..=text.len()).filter_map(|at| text.get(at..));
            ends.any(|left| is_like(rest, left))
        }),
    }
}

#[test]
fn a_pattern_of_a_policy_may_have_its_star_anywhere() {
    let pattern = "acc_stg_*#CLOCK";
    assert!(is_like(pattern, "acc_stg_0000000000000001#CLOCK"));
    assert!(!is_like(pattern, "acc_prod_0000000000000001#CLOCK"));
    assert!(!is_like(pattern, "acc_stg_0000000000000001#CLOCK#x"));
    assert!(is_like("TOK#*", "TOK#") && !is_like("TOK#*", "TOK") && is_like("a*b*c", "abbc"));
    assert!(is_like("x", "x") && !is_like("x", "xx"));
}

#[test]
fn no_policy_has_a_wildcard() {
    let template = Template::load(crate::client::root().join("template.yaml")).unwrap();
    for function in template.functions() {
        for statement in &function.statements {
            let mut words = statement.actions.iter().chain(&statement.resources);
            assert!(words.all(|word| !word.contains('*')), "{}", function.logical_id);
        }
    }
}

#[test]
fn a_difference_is_found_in_both_directions() {
    let template = Template::parse(
        "Resources:
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: target/lambda/reader/
      Policies:
        - Statement:
            - {Effect: Allow, Action: dynamodb:GetItem, Resource: 'arn:x:table/t'}
            - Effect: Allow
              Action: [dynamodb:GetItem, dynamodb:UpdateItem]
              Resource: 'arn:x:table/t'
              Condition: {'ForAllValues:StringLike': {dynamodb:LeadingKeys: ['TOK#*']}}",
    )
    .unwrap();
    let touch = |permission: &str, partition_key: &str| Touch {
        permission: format!("dynamodb:{permission}"),
        table: "t".to_owned(),
        partition_key: partition_key.to_owned(),
        sort_key: None,
    };
    let found = |used: &[(&str, &str)]| {
        let touches: Vec<Touch> = used.iter().map(|(name, key)| touch(name, key)).collect();
        compared(template.function("reader").unwrap(), &touches.iter().collect::<Vec<_>>())
    };
    let used = [("GetItem", "TOK#1"), ("UpdateItem", "TOK#1"), ("GetItem", "acc#1")];
    assert!(found(&used).is_empty());
    assert_eq!(found(&used[..2]), ["may use dynamodb:GetItem and does not"]);
    assert_eq!(found(&used[1..]), ["may use dynamodb:GetItem on TOK#* and does not"]);
    let more = [used.as_slice(), &[("UpdateItem", "acc#1")]].concat();
    assert_eq!(found(&more), ["uses dynamodb:UpdateItem and may not, for example on acc#1 / None"]);
}
