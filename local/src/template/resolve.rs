//! CloudFormation's intrinsic functions, as far as a local stack can know their values.
//!
//! A parameter is its default, `!Ref Table` the table's local name, an ARN one of the made-up
//! account. What cannot be known here (an import, a certificate) resolves to a readable
//! placeholder, because most of the template is about things the local stack does not have.

use serde_json::{Map, Value};

/// The account id in every local ARN.
pub(crate) const ACCOUNT: &str = "000000000000";
/// The region in every local ARN.
pub(crate) const REGION: &str = "us-east-1";
/// The name of the local stack: functions are called `local-<bin>` where the template says
/// `!Sub ${AWS::StackName}-<bin>`.
pub const STACK_NAME: &str = "local";

/// The parts of a template that intrinsic functions refer to.
pub(super) struct Resolver<'a> {
    pub(super) parameters: Option<&'a Map<String, Value>>,
    pub(super) conditions: Option<&'a Map<String, Value>>,
    pub(super) mappings: Option<&'a Map<String, Value>>,
    pub(super) resources: Option<&'a Map<String, Value>>,
}

impl Resolver<'_> {
    /// `value` with every intrinsic function in it replaced by its local value.
    pub(super) fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => Value::Array(
                items.iter().map(|item| self.resolve(item)).filter(|v| !is_no_value(v)).collect(),
            ),
            Value::Object(map) => match single(map) {
                Some((name, argument)) if name == "Ref" || name.starts_with("Fn::") => {
                    self.call(name, argument)
                }
                _ => Value::Object(
                    map.iter()
                        .map(|(key, item)| (key.clone(), self.resolve(item)))
                        .filter(|(_, item)| !is_no_value(item))
                        .collect(),
                ),
            },
            other => other.clone(),
        }
    }

    fn call(&self, name: &str, argument: &Value) -> Value {
        let known = match (name, argument) {
            ("Ref", Value::String(target)) => Some(self.reference(target)),
            ("Fn::GetAtt", Value::Array(path)) => self.attribute(path),
            ("Fn::Sub", _) => self.substitute(argument),
            ("Fn::Join", Value::Array(parts)) => self.join(parts),
            ("Fn::If", Value::Array(parts)) => self.choose(parts),
            ("Fn::FindInMap", Value::Array(path)) => self.find_in_map(path),
            _ => None,
        };
        known.unwrap_or_else(|| Value::String(format!("{{{name} {argument}}}")))
    }

    fn reference(&self, target: &str) -> Value {
        let text = match target {
            "AWS::Region" => REGION,
            "AWS::AccountId" => ACCOUNT,
            "AWS::StackName" => STACK_NAME,
            "AWS::Partition" => "aws",
            "AWS::URLSuffix" => "amazonaws.com",
            "AWS::NoValue" => return Value::Object(Map::from_iter([no_value()])),
            _ => {
                let parameter = self.parameters.and_then(|all| all.get(target));
                if let Some(default) = parameter.and_then(|one| one.get("Default")) {
                    return default.clone();
                }
                return Value::String(self.physical_name(target));
            }
        };
        Value::String(text.to_owned())
    }

    /// The name a resource has locally: the one it gives itself, else its logical id.
    pub(super) fn physical_name(&self, logical_id: &str) -> String {
        let properties = self
            .resources
            .and_then(|all| all.get(logical_id))
            .and_then(|resource| resource.get("Properties"));
        let given = ["TableName", "FunctionName", "LogGroupName", "Name"]
            .iter()
            .find_map(|key| properties.and_then(|all| all.get(key)));
        match given.map(|name| self.resolve(name)) {
            Some(Value::String(name)) => name,
            _ => logical_id.to_owned(),
        }
    }

    fn attribute(&self, path: &[Value]) -> Option<Value> {
        let logical_id = path.first()?.as_str()?;
        let name = self.physical_name(logical_id);
        let kind = self.resources.and_then(|all| all.get(logical_id)?.get("Type")?.as_str());
        let (service, noun) = match kind? {
            "AWS::DynamoDB::Table" => ("dynamodb", "table/"),
            "AWS::Serverless::Function" | "AWS::Lambda::Function" => ("lambda", "function:"),
            "AWS::SQS::Queue" => ("sqs", ""),
            _ => return None,
        };
        let arn = format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{noun}{name}");
        Some(Value::String(match path.get(1)?.as_str()? {
            "Arn" => arn,
            "StreamArn" => format!("{arn}/stream/local"),
            _ => return None,
        }))
    }

    fn substitute(&self, argument: &Value) -> Option<Value> {
        let (text, own) = match argument {
            Value::Array(parts) => (parts.first()?.as_str()?, parts.get(1)),
            other => (other.as_str()?, None),
        };
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, behind) = after.split_once('}')?;
            out.push_str(before);
            out.push_str(&self.named(name, own));
            rest = behind;
        }
        out.push_str(rest);
        Some(Value::String(out))
    }

    fn named(&self, name: &str, own: Option<&Value>) -> String {
        if let Some(literal) = name.strip_prefix('!') {
            return format!("${{{literal}}}");
        }
        let value = match (own.and_then(|map| map.get(name)), name.split_once('.')) {
            (Some(value), _) => self.resolve(value),
            (None, Some((resource, attribute))) if !name.starts_with("AWS::") => {
                let path = [Value::from(resource), Value::from(attribute)];
                self.attribute(&path).unwrap_or_else(|| Value::from(name))
            }
            (None, _) => self.reference(name),
        };
        text_of(&value)
    }

    fn join(&self, parts: &[Value]) -> Option<Value> {
        let items = self.resolve(parts.get(1)?);
        let words: Vec<_> = items.as_array()?.iter().map(text_of).collect();
        Some(Value::String(words.join(parts.first()?.as_str()?)))
    }

    fn choose(&self, parts: &[Value]) -> Option<Value> {
        let holds = self.condition(parts.first()?.as_str()?);
        Some(self.resolve(parts.get(if holds { 1 } else { 2 })?))
    }

    fn find_in_map(&self, path: &[Value]) -> Option<Value> {
        let mut found = self.mappings?.get(text_of(&self.resolve(path.first()?)).as_str())?;
        for key in path.get(1..)? {
            found = found.get(text_of(&self.resolve(key)))?;
        }
        Some(found.clone())
    }

    /// Whether the named condition holds with the parameters' defaults.
    pub(super) fn condition(&self, name: &str) -> bool {
        self.conditions.and_then(|all| all.get(name)).is_some_and(|rule| self.holds(rule))
    }

    fn holds(&self, rule: &Value) -> bool {
        let Some((name, argument)) = rule.as_object().and_then(single) else { return false };
        let operands = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match name {
            "Condition" => argument.as_str().is_some_and(|other| self.condition(other)),
            "Fn::Not" => !operands.iter().any(|operand| self.holds(operand)),
            "Fn::And" => operands.iter().all(|operand| self.holds(operand)),
            "Fn::Or" => operands.iter().any(|operand| self.holds(operand)),
            "Fn::Equals" => match operands {
                [left, right] => text_of(&self.resolve(left)) == text_of(&self.resolve(right)),
                _ => false,
            },
            _ => false,
        }
    }
}

/// The value as CloudFormation would write it into a string.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn single(map: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut entries = map.iter();
    let first = entries.next()?;
    entries.next().is_none().then_some((first.0.as_str(), first.1))
}

fn no_value() -> (String, Value) {
    ("AWS::NoValue".to_owned(), Value::Null)
}

fn is_no_value(value: &Value) -> bool {
    value.as_object().and_then(single).is_some_and(|(key, _)| key == "AWS::NoValue")
}

#[cfg(test)]
mod tests {
    use super::Resolver;
    use serde_json::json;

    #[test]
    fn intrinsic_functions_have_their_local_values() {
        let template = json!({
            "Parameters": {"Stage": {"Default": "prod"}, "Host": {"Default": ""}},
            "Conditions": {"HasHost": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Host"}, ""]}]},
                           "Both": {"Fn::And": [{"Condition": "HasHost"}, {"Condition": "HasHost"}]}},
            "Mappings": {"Size": {"prod": {"Memory": 256}}},
            "Resources": {"Table": {"Type": "AWS::DynamoDB::Table"}},
        });
        let part = |name: &str| template.get(name).and_then(|value| value.as_object());
        let resolver = Resolver {
            parameters: part("Parameters"),
            conditions: part("Conditions"),
            mappings: part("Mappings"),
            resources: part("Resources"),
        };
        let cases = [
            (json!({"Ref": "Table"}), json!("Table")),
            (json!({"Ref": "Stage"}), json!("prod")),
            (
                json!({"Fn::GetAtt": ["Table", "Arn"]}),
                json!("arn:aws:dynamodb:us-east-1:000000000000:table/Table"),
            ),
            (json!({"Fn::Sub": "${AWS::StackName}-x-${Stage}-${!y}"}), json!("local-x-prod-${y}")),
            (
                json!({"Fn::Sub": ["${a}-${Table.Arn}", {"a": 1}]}),
                json!("1-arn:aws:dynamodb:us-east-1:000000000000:table/Table"),
            ),
            (json!({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}), json!("a-prod")),
            (json!({"Fn::If": ["HasHost", 1, 2]}), json!(2)),
            (json!({"Fn::If": ["Both", 1, 2]}), json!(2)),
            (json!({"Fn::FindInMap": ["Size", {"Ref": "Stage"}, "Memory"]}), json!(256)),
            (
                json!({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}]}),
                json!({"b": []}),
            ),
            (json!({"Fn::ImportValue": "x"}), json!("{Fn::ImportValue \"x\"}")),
        ];
        for (value, expected) in cases {
            assert_eq!(resolver.resolve(&value), expected, "{value}");
        }
    }
}
