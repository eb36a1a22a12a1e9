//! The currencies: the table of the program is the one that is answered and the one that is documented.

use std::fs;

use serde_json::{Value, json};

use crate::client::{Api, Client, root};

/// Every currency, page by page.
pub(crate) async fn all(client: &Client) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let page = client.list_currencies(&format!("?limit=100&offset={}", all.len())).await.ok();
        all.extend(page.items().iter().cloned());
        let is_all = page.body["total"] == all.len();
        assert_eq!(page.body["has_more"], !is_all);
        if is_all {
            return all;
        }
    }
}

/// A currency as a row of the table in docs/currencies.md.
fn row(currency: &Value) -> String {
    let exceptions: Vec<String> = currency["processors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let mut said = one["type"].as_str().unwrap().to_owned();
            if one["digits"] != currency["digits"] {
                said.push_str(&format!(": {} digits", one["digits"]));
            }
            if one["multiple_of_atom"] != 1 {
                said.push_str(&format!(": multiples of {} atoms", one["multiple_of_atom"]));
            }
            said
        })
        .collect();
    let (code, digits) = (currency["code"].as_str().unwrap(), &currency["digits"]);
    format!("| {code} | {digits} | {} |", exceptions.join(", ")).replace("|  |", "| |")
}

#[tokio::test]
async fn the_documented_table_of_currencies_is_the_one_that_is_answered() {
    let api = Api::start().await;
    let all = all(&api.client().await).await;
    let text = fs::read_to_string(root().join("docs/currencies.md")).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let documented: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    let answered: Vec<String> = all.iter().map(row).collect();
    assert_eq!(documented, answered, "the table should be:\n{}", answered.join("\n"));
}

#[tokio::test]
async fn a_listed_currency_is_one_that_is_accepted_with_its_digits() {
    let api = Api::start().await;
    let client = api.client().await;
    let customer = client.create_customer(json!({"email": "a@example.com"})).await.ok().id();
    for code in ["isk", "jpy", "kwd", "usd"] {
        let all = all(&client).await;
        let listed = all.iter().find(|one| one["code"] == code).unwrap();
        let digits = listed["digits"].as_u64().unwrap();
        let invoice = json!({
            "customer_id": customer, "currency": code, "items": [{"name": "Work", "amount": 7}],
        });
        let invoice = client.create_invoice(invoice).await.ok();
        assert_eq!(
            invoice.body["total_amount_atom"],
            7 * 10_u64.pow(u32::try_from(digits).unwrap())
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_page_is_said() {
    let api = Api::start().await;
    let client = api.client().await;
    for (query, fault) in [
        ("?limit=101", "?limit out_of_range"),
        ("?limit=0", "?limit out_of_range"),
        ("?offset=-1", "?offset out_of_range"),
        ("?code=usd", "?code unknown_parameter"),
        ("?created_at[gt]=2026-01-01T00:00:00Z", "?created_at unknown_parameter"),
    ] {
        assert_eq!(client.list_currencies(query).await.refused(400).faults(), [fault], "{query}");
    }
    let scopes = json!({"kind": "secret", "scopes": ["currencies:read"]});
    let token = client.create_token(scopes).await.ok();
    let narrow = api.client_with(token.body["token"].as_str().unwrap(), "");
    assert_eq!(narrow.list_currencies("?limit=1").await.ok().items().len(), 1);
    narrow.list_customers("").await.refused(403);
}
