//! Tokens: made, shown once, narrowed, replaced, revoked.

use serde_json::{Value, json};

use crate::client::{Api, Client, shows_a_token};

/// Whether a token is served, by a process that has not met it (a process remembers for 30 s).
async fn works(api: &Api, client: &Client, text: &str) -> bool {
    api.stack.kill("account-get").await;
    let status = api.client_with(text, &client.account).get_account().await.status;
    assert!(status == 200 || status == 401, "{status}");
    status == 200
}

#[tokio::test]
async fn the_text_is_shown_once() {
    let api = Api::start().await;
    let client = api.client().await;
    let created = client.create_token(json!({"kind": "secret", "name": "worker"})).await.ok();
    let text = created.body["token"].as_str().unwrap().to_owned();
    assert!(works(&api, &client, &text).await);
    let id = created.id();
    let shown = [client.get_token(&id).await.ok().body, client.list_tokens("").await.ok().body];
    let events = client.list_events("").await.ok().body;
    for body in shown.iter().chain([&events]) {
        assert!(!body.to_string().contains(&text));
    }
    assert_eq!(shown[0]["prefix"], "st_prod_");
    assert!(text.ends_with(shown[0]["last_four"].as_str().unwrap()));
    for hidden in ["digest", "limits", "token"] {
        assert!(shown[0].get(hidden).is_none());
    }
    assert!(api.stack.logs().lines().iter().all(|line| !line.text.contains(&text)));
}

#[tokio::test]
async fn a_revoked_token_is_unknown() {
    let api = Api::start().await;
    let client = api.client().await;
    let created = client.create_token(json!({"kind": "secret"})).await.ok();
    let text = created.body["token"].as_str().unwrap().to_owned();
    assert!(works(&api, &client, &text).await);
    let revoked = client.revoke_token(&created.id()).await.ok().body;
    assert!(revoked["revoked_at"].is_string());
    assert!(!works(&api, &client, &text).await);
    let again = client.revoke_token(&created.id()).await.ok().body;
    assert_eq!(again, revoked);
    client.roll_token(&created.id(), json!({})).await.refused(422);
}

#[tokio::test]
async fn a_rolled_token_is_replaced_at_once_or_after_a_while() {
    let api = Api::start().await;
    let client = api.client().await;
    for (body, old_works) in [(json!({}), false), (json!({"expires_in_hours": 1}), true)] {
        let created = client.create_token(json!({"kind": "secret", "name": "n"})).await.ok();
        let old = created.body["token"].as_str().unwrap().to_owned();
        let rolled = client.roll_token(&created.id(), body).await.ok().body;
        let new = rolled["token"].as_str().unwrap();
        assert!(works(&api, &client, new).await);
        assert_eq!(works(&api, &client, &old).await, old_works);
        assert_eq!((&rolled["name"], &rolled["scopes"]), (&json!("n"), &created.body["scopes"]));
        assert_ne!(rolled["id"], created.body["id"]);
    }
    let hours = json!({"expires_in_hours": 169});
    let token = client.create_token(json!({"kind": "secret"})).await.ok().id();
    client.roll_token(&token, hours).await.refused(422);
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_and_gives_no_more() {
    let api = Api::start().await;
    let client = api.client().await;
    let scopes = json!(["customers:read", "tokens:write"]);
    let created = client.create_token(json!({"kind": "secret", "scopes": scopes})).await.ok().body;
    let narrow = api.client_with(created["token"].as_str().unwrap(), &client.account);
    narrow.list_customers("").await.ok();
    narrow.create_customer(json!({"email": "a@example.com"})).await.refused(403);
    let wider = json!({"kind": "secret", "scopes": ["customers:read", "write"]});
    narrow.create_token(wider).await.refused(403);
    let powerful = client.create_token(json!({"kind": "secret"})).await.ok().id();
    narrow.roll_token(&powerful, json!({})).await.refused(403);
    let same = narrow.create_token(json!({"kind": "secret"})).await.ok().body;
    assert_eq!(same["scopes"], scopes);
    let none = json!({"kind": "secret", "scopes": []});
    assert_eq!(client.create_token(none).await.refused(422).faults(), ["/scopes too_short"]);
    let past = json!({"kind": "secret", "expires_at": "2020-01-01T00:00:00Z"});
    client.create_token(past).await.refused(422);
}

#[tokio::test]
async fn the_last_use_of_a_token_is_known() {
    let api = Api::start().await;
    let client = api.client().await;
    let created = client.create_token(json!({"kind": "secret"})).await.ok();
    let unused = client.get_token(&created.id()).await.ok().body;
    assert_eq!(unused["last_used_at"], Value::Null);
    let text = created.body["token"].as_str().unwrap();
    api.client_with(text, &client.account).get_account().await.ok();
    let used = client.get_token(&created.id()).await.ok().body;
    assert!(used["last_used_at"].as_str() >= created.body["created_at"].as_str());
    let listed = client.list_tokens("?limit=1").await.ok();
    assert_eq!(listed.items()[0]["last_used_at"], used["last_used_at"]);
    assert_eq!(listed.body["total"], 3);
}

#[tokio::test]
async fn a_revoked_token_makes_no_other_even_where_it_is_still_remembered() {
    let api = Api::start().await;
    let admin = api.client().await;
    let leaked = admin.create_token(json!({"kind": "secret"})).await.ok();
    let text = leaked.body["token"].as_str().unwrap();
    let thief = api.client_with(text, &admin.account);
    thief.create_token(json!({"kind": "secret"})).await.ok();
    admin.revoke_token(&leaked.id()).await.ok();
    let before = admin.list_tokens("").await.ok().body["total"].clone();
    // Every process that could remember the token is asked.
    for _ in 0..8 {
        thief.create_token(json!({"kind": "secret"})).await.refused(401);
    }
    assert_eq!(admin.list_tokens("").await.ok().body["total"], before);
}

#[tokio::test]
async fn an_expansion_shows_nothing_that_the_token_may_not_read() {
    let api = Api::start().await;
    let client = api.client().await;
    let body = json!({"kind": "secret", "scopes": ["customers:read"]});
    let created = client.create_token(body).await.ok().body;
    let narrow = api.client_with(created["token"].as_str().unwrap(), &client.account);
    narrow.get_account().await.refused(403);
    narrow.list_customers("?expand=account").await.refused(403);
    narrow.list_customers("?expand=custom_fields").await.ok();
}

#[tokio::test]
async fn a_token_in_a_log_would_be_noticed() {
    let api = Api::start().await;
    let account = api.account("prod").await;
    for token in [&account.secret, &account.publishable] {
        assert!(shows_a_token(&format!(r#"{{"authorization":"Bearer {token}","level":"info"}}"#)));
    }
    let digest = "st_prod_0123456789";
    assert!(!shows_a_token(digest));
}
