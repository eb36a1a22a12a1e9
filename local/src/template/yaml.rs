//! YAML with CloudFormation's short tags, as plain JSON: `!Ref Table` becomes `{"Ref": "Table"}`.
//!
//! After this step there is one notation for intrinsic functions, the one CloudFormation itself
//! uses, and the rest of the module needs to know nothing about YAML.

use anyhow::{Result, anyhow, bail};
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Number, Value};

/// The first document in `text`.
pub(crate) fn parse(text: &str) -> Result<Value> {
    let documents = Yaml::load_from_str(text)?;
    convert(documents.first().ok_or_else(|| anyhow!("the file is empty"))?)
}

fn convert(node: &Yaml) -> Result<Value> {
    Ok(match node {
        Yaml::Value(scalar) => scalar_value(scalar),
        Yaml::Sequence(items) => Value::Array(items.iter().map(convert).collect::<Result<_>>()?),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                map.insert(key_text(key)?, convert(value)?);
            }
            Value::Object(map)
        }
        Yaml::Tagged(tag, inner) => intrinsic(&tag.suffix, convert(inner)?),
        Yaml::Alias(_) => bail!("YAML aliases are not supported by CloudFormation"),
        Yaml::Representation(..) | Yaml::BadValue => bail!("a value that is not valid YAML"),
    })
}

fn scalar_value(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(flag) => Value::Bool(*flag),
        Scalar::Integer(number) => Value::Number((*number).into()),
        Scalar::FloatingPoint(number) => {
            Number::from_f64(number.into_inner()).map_or(Value::Null, Value::Number)
        }
        Scalar::String(text) => Value::String(text.to_string()),
    }
}

/// A key as text: `404:` in a mapping is the key `"404"`.
fn key_text(key: &Yaml) -> Result<String> {
    match key {
        Yaml::Value(Scalar::String(text)) => Ok(text.to_string()),
        Yaml::Value(scalar) => Ok(scalar_value(scalar).to_string()),
        _ => bail!("a mapping key is not a scalar"),
    }
}

/// The long form of a short tag. Unknown tags pass through as `{"Fn::<tag>": …}`, which only
/// matters to whoever asks for that value.
fn intrinsic(tag: &str, value: Value) -> Value {
    let name = match tag {
        "Ref" | "Condition" => tag.to_owned(),
        other => format!("Fn::{other}"),
    };
    let value = match value {
        Value::String(text) if tag == "GetAtt" => {
            text.split('.').map(|part| Value::String(part.to_owned())).collect()
        }
        other => other,
    };
    Value::Object(Map::from_iter([(name, value)]))
}

#[cfg(test)]
mod tests {
    use super::parse;
    use serde_json::json;

    #[test]
    fn short_tags_become_their_long_form() {
        let yaml =
            "a: !Ref Table\nb: !GetAtt Table.Arn\nc: !If [X, !Sub 'a-${B}', 2]\nd: !New {e: 1}";
        assert_eq!(
            parse(yaml).unwrap(),
            json!({
                "a": {"Ref": "Table"},
                "b": {"Fn::GetAtt": ["Table", "Arn"]},
                "c": {"Fn::If": ["X", {"Fn::Sub": "a-${B}"}, 2]},
                "d": {"Fn::New": {"e": 1}},
            })
        );
    }

    #[test]
    fn a_version_date_stays_text() {
        assert_eq!(parse("Version: 2012-10-17").unwrap(), json!({"Version": "2012-10-17"}));
    }
}
