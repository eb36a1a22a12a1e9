//! The query string: parameters, some with a name in brackets, each given once.

use crate::base::input::{Faults, Json, Location};

/// What the query string says.
#[derive(Debug)]
pub struct Query {
    /// The parameters, but for `expand`.
    pub parameters: Json,
    /// The values of `expand`.
    pub expand: Vec<String>,
}

impl Query {
    /// Reads the query string; a parameter given twice or without a value is a fault.
    pub(super) fn read(text: &str, faults: &mut Faults) -> Self {
        let mut expand = Vec::new();
        let mut fields: Vec<(String, Json)> = Vec::new();
        let root = Location::query();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if let Some(plain) = name.strip_suffix("[]").filter(|plain| !plain.is_empty()) {
                let hint = match plain {
                    "expand" => "is written expand, with commas: expand=customer,account",
                    _ => "is written without brackets, and given once",
                };
                faults.not_understood(&root.field(&name), "unknown_parameter", hint);
            } else if value.is_empty() {
                faults.not_understood(&root.field(&name), "empty", "is given without a value");
            } else if name == "expand" {
                expand.push(value.into_owned());
            } else if !insert(&mut fields, &name, Json::Param(value.into_owned())) {
                faults.not_understood(&root.field(&name), "duplicate", "is given twice");
            }
        }
        Query { parameters: Json::Object(fields), expand }
    }
}

/// Puts `name` or `name[sub]` into `fields`; false if it is there already.
fn insert(fields: &mut Vec<(String, Json)>, name: &str, value: Json) -> bool {
    let nested = name.strip_suffix(']').and_then(|name| name.split_once('['));
    let (name, sub) = nested.map_or((name, None), |(name, sub)| (name, Some(sub)));
    let existing = fields.iter_mut().find(|(key, _)| key == name).map(|(_, value)| value);
    match (existing, sub) {
        (None, None) => fields.push((name.to_owned(), value)),
        (None, Some(sub)) => {
            let object = Json::Object(vec![(sub.to_owned(), value)]);
            fields.push((name.to_owned(), object));
        }
        (Some(Json::Object(inner)), Some(sub)) if inner.iter().all(|(key, _)| key != sub) => {
            inner.push((sub.to_owned(), value));
        }
        (Some(_), _) => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_given_twice_or_empty_is_a_fault() {
        let mut faults = Faults::default();
        let query = Query::read(
            "limit=1&limit=2&offset=&expand=a,b&expand=c&created_at%5Bgte%5D=x&created_at[lt]=y",
            &mut faults,
        );
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["?limit", "?offset"]);
        assert_eq!(query.expand, ["a,b", "c"]);
        let Json::Object(fields) = query.parameters else { panic!("an object") };
        assert_eq!(fields.len(), 2);
    }

    #[test]
    fn brackets_without_a_name_in_them_are_explained() {
        let mut faults = Faults::default();
        Query::read("expand[]=account&limit[]=5&email[]=", &mut faults);
        let told: Vec<_> = faults.iter().map(|fault| fault.detail.as_str()).collect();
        assert_eq!(
            told,
            [
                "Parameter expand[] is written expand, with commas: expand=customer,account",
                "Parameter limit[] is written without brackets, and given once",
                "Parameter email[] is written without brackets, and given once",
            ]
        );
    }
}
