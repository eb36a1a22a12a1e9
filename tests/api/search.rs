//! Customers by the beginnings of their words.

use local::wire::Call;
use serde_json::{Value, json};

use crate::client::{Api, Client};

async fn make(client: &Client, name: &str, business: &str, email: &str) -> String {
    let body = json!({"name": name, "business_name": business, "email": email});
    client.create_customer(body).await.ok().id()
}

/// The names of those that are found, and how many there are.
async fn found(client: &Client, query: &str) -> (Vec<String>, Value) {
    let answer = client.list_customers(&format!("?search={query}")).await.ok();
    let name = |item: &Value| item["name"].as_str().unwrap_or_default().to_owned();
    (answer.items().iter().map(name).collect(), answer.body["total"].clone())
}

fn names(names: &[&str]) -> (Vec<String>, Value) {
    (names.iter().map(|name| (*name).to_owned()).collect(), json!(names.len()))
}

#[tokio::test]
async fn a_customer_is_found_by_the_beginning_of_any_word() {
    let api = Api::start().await;
    let client = api.client().await;
    let jane = make(&client, "Jane van Smith", "Acme Rockets", "jane.v@mail.example.com").await;
    make(&client, "Janet Jones", "Jan & Sons", "office@jansons.example").await;
    make(&client, "J\u{f6}rg \u{c4}rmel", "", "j@example.org").await;
    assert_eq!(found(&client, "JAN").await, names(&["Janet Jones", "Jane van Smith"]));
    assert_eq!(found(&client, "jane").await, names(&["Jane van Smith", "Janet Jones"]));
    assert_eq!(found(&client, "van%20sm").await, names(&["Jane van Smith"]));
    assert_eq!(found(&client, "rocket").await, names(&["Jane van Smith"]));
    assert_eq!(found(&client, "jane.v%40mail").await, names(&["Jane van Smith"]));
    assert_eq!(found(&client, "sons").await, names(&["Janet Jones"]));
    assert_eq!(found(&client, "%C3%A4rm").await, names(&["J\u{f6}rg \u{c4}rmel"]));
    assert_eq!(found(&client, "J%C3%96RG").await, names(&["J\u{f6}rg \u{c4}rmel"]));
    assert_eq!(found(&client, "smithson").await, names(&[]));

    client.update_customer(&jane, json!({"name": "Jane Miller"})).await.ok();
    assert_eq!(found(&client, "smith").await, names(&[]));
    assert_eq!(found(&client, "mill").await, names(&["Jane Miller"]));
    client.delete_customer(&jane).await.ok();
    assert_eq!(found(&client, "mill").await, names(&[]));
    assert_eq!(found(&client, "jan").await, names(&["Janet Jones"]));
    api.audit().await;
}

#[tokio::test]
async fn a_search_is_refused_that_cannot_be_answered() {
    let api = Api::start().await;
    let client = api.client().await;
    let refused = async |query: &str| {
        let answer = client.list_customers(&format!("?{query}")).await.refused(400);
        let fault = &answer.body["errors"][0];
        (fault["pointer"].clone(), fault["code"].clone())
    };
    assert_eq!(refused("search=j").await, (json!("?search"), json!("too_short")));
    assert_eq!(refused("search=%40%40").await, (json!("?search"), json!("too_short")));
    let with_email = refused("search=jane&email=a%40example.com").await;
    assert_eq!(with_email.1, "not_combinable");
    let of_a_time = refused("search=jane&created_at[gte]=2026-01-01T00:00:00Z").await;
    assert_eq!(of_a_time, (json!("?search"), json!("not_combinable")));
    let deep = refused("search=jane&offset=451&limit=50").await;
    assert_eq!(deep, (json!("?offset"), json!("too_large")));
}

/// Of a thousand, before and after they are in the tree: three round trips, and the price of a page.
#[tokio::test]
async fn a_search_among_many_takes_three_round_trips() {
    use futures_util::{StreamExt, stream};
    let api = Api::start().await;
    let client = api.client().await;
    let made = (0..700).map(|number| {
        let client = &client;
        async move {
            let name = format!("Jane Smith{number:03}");
            make(client, &name, "", &format!("jane{number:03}@example.com")).await
        }
    });
    let _: Vec<String> = stream::iter(made).buffer_unordered(16).collect().await;
    for round in 0..2 {
        client.list_customers("?limit=1").await.ok();
        api.stack.wire().take();
        let page = client.list_customers("?search=jane&limit=20&offset=40").await.ok();
        let ours = |call: &Call| {
            let partition = call.keys().next().unwrap_or_default();
            call.function == "customers-list"
                && !partition.starts_with("RATE#")
                && !partition.starts_with("TOK#")
                && partition != "COMPACT"
        };
        let calls: Vec<Call> = api.stack.wire().take().into_iter().filter(ours).collect();
        assert_eq!(page.body["total"], 700);
        assert_eq!(page.body["has_more"], true);
        // By the name or by the address: each once.
        let mut names: Vec<&str> =
            page.items().iter().map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), 20);
        names.dedup();
        assert_eq!(names.len(), 20);
        let units: f64 = calls.iter().map(Call::capacity_units).sum();
        println!("round {round}: {} calls, {units} units", calls.len());
        assert!(calls.len() <= 3 && units < 120.0, "{calls:#?}");
        api.compact().await;
    }
    api.audit().await;
}
