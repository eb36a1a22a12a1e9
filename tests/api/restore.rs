//! A backup is what can be restored: a table that was exported and restored is audited and answers as
//! before, and what is not as before is found.

use std::{fs, sync::Arc};

use local::{
    Options,
    backup::{Drilled, drill, restore},
    wire::{Call, Fault},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    audit::lived_in,
    client::{Api, binaries, root},
};

/// A token of a staging account that has been lived in, and one of a production account.
async fn accounts(api: &Api) -> [String; 2] {
    let shop = lived_in(api).await;
    let token = shop.client.create_token(json!({"kind": "secret"})).await.ok();
    let production = api.account("prod").await;
    api.client_of(&production).create_customer(json!({"email": "joe@example.com"})).await.ok();
    [token.body["token"].as_str().unwrap().to_owned(), production.secret]
}

/// A drill, and the folder that has the export.
async fn drilled(api: &Api, tokens: &[String]) -> (Drilled, TempDir) {
    let template = root().join("template.yaml");
    let fresh = Options { template, binaries: binaries(), ..Options::default() };
    let folder = tempfile::tempdir().unwrap();
    (drill(&api.stack, tokens, fresh, folder.path()).await.unwrap(), folder)
}

#[tokio::test]
async fn what_was_restored_answers_as_what_was_exported() {
    let api = Api::start().await;
    let tokens = accounts(&api).await;
    let (drilled, folder) = drilled(&api, &tokens).await;
    assert!(drilled.report.is_clean(), "{}", drilled.report);
    assert_eq!(drilled.different, [""; 0]);
    assert!(drilled.answers > 100, "{drilled:?}");
    let items = api.dynamodb("Scan", json!({"Select": "COUNT"})).await["Count"].as_u64();
    // The drill's own requests may have made items that count a token's requests.
    assert!(items.unwrap() >= u64::try_from(drilled.items).unwrap() && drilled.items > 200);

    // A file that is not the one that was exported is not restored.
    let exports = fs::read_dir(folder.path().join("AWSDynamoDB")).unwrap();
    let export = exports.map(|entry| entry.unwrap().path()).next().unwrap();
    let mut files = fs::read_dir(export.join("data")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let damaged = restore(&export, |_| async { Ok(()) }).await.unwrap_err();
    assert!(format!("{damaged:#}").contains("MD5"), "{damaged:#}");
}

#[tokio::test]
async fn what_was_not_restored_as_it_was_is_found() {
    let api = Api::start().await;
    let tokens = accounts(&api).await;
    // The export is told of a customer by another name.
    let mut page = api.dynamodb("Scan", json!({})).await;
    assert_eq!(page.get("LastEvaluatedKey"), None, "more than a page of items");
    let items = page["Items"].as_array_mut().unwrap();
    let is_customer = |item: &&mut Value| {
        let (sk, id) = (item["SK"]["S"].as_str(), item["id"]["S"].as_str().unwrap_or_default());
        id.starts_with("cus_stg_") && sk.is_some_and(|sk| !sk.contains('#') || sk.ends_with(id))
    };
    let customer = items.iter_mut().find(is_customer).unwrap();
    customer["name"] = json!({"S": "Somebody Else"});
    let path = format!("token 0: /api/customers/{}", customer["id"]["S"].as_str().unwrap());
    let body = page.to_string();
    api.stack.wire().set_fault(Some(Arc::new(move |call: &Call, _| match &*call.action {
        "Scan" => Fault::Answer { status: 200, body: body.clone() },
        _ => Fault::Pass,
    })));
    let (drilled, _) = drilled(&api, &tokens).await;
    assert!(drilled.different.contains(&path), "{:?}", drilled.different);
    assert!(drilled.report.to_string().contains("newest"), "{}", drilled.report);
    assert!(!drilled.report.is_clean());
}
