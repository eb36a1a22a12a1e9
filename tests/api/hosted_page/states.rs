//! The page of a session in each of its states, and of one that nobody may see.

use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn every_state_of_a_session_has_its_page_in_the_language_of_the_browser() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let session = offered(&shop, json!({"customer_id": shop.customer})).await;
    let path = page_of(&session);
    for (language, said) in [
        ("de", "Für 29,00 $ abonnieren"),
        ("fr", "S&#8217;abonner"),
        ("es", "Suscribirse por 29,00 US$"),
        ("nl", "Abonneren voor US$ 29,00"),
        ("it", "Abbonati per 29,00 USD"),
        ("pt", "Assinar por US$ 29,00"),
        ("ja", "$29.00で登録する"),
    ] {
        let page = look(&shop, &path, language).await.ok();
        let plain = text(&page).replace(['\u{a0}', '\u{202f}'], " ").replace('’', "&#8217;");
        assert!(plain.contains(said), "{said} in {plain}");
        assert!(plain.contains(&format!("<html lang=\"{language}\">")));
    }
    let chosen = look(&shop, &format!("{path}&locale=nl"), "de").await.ok();
    assert!(text(&chosen).contains("<html lang=\"nl\">"));
    // Without a processor the payer is told what helps a payer.
    shop.client.update_account(json!({"default_processor_id": null})).await.ok();
    let closed = look(&shop, &path, "en").await.ok();
    assert!(text(&closed).contains("Acme Analytics cannot take payments yet"), "{}", text(&closed));
    let refused = told(&shop, &path, &[("token", "test_success")]).await;
    assert!(text(&refused).contains("cannot take payments yet"), "{}", text(&refused));
    shop.advance("2026-02-02T10:00:00Z").await;
    let expired = look(&shop, &path, "en").await.ok();
    assert!(text(&expired).contains("This page has expired"), "{}", text(&expired));
    let late = told(&shop, &path, &[("token", "test_success")]).await;
    assert!(text(&late).contains("This page has expired"), "{}", text(&late));
}

#[tokio::test]
async fn whoever_lacks_the_secret_finds_nothing_and_the_same_nothing() {
    let shop = Shop::open_at("2026-01-31T10:00:00Z", "").await;
    let session = offered(&shop, json!({})).await;
    let path = page_of(&session);
    let (right, _) = path.split_once('?').unwrap();
    let other = shop.api.account("stg").await;
    let wrong = [
        right.to_owned(),
        format!("{right}?secure_token=x"),
        format!("{right}?secure_token="),
        path.replace(&shop.account.id, &other.id),
        path.replace(&shop.account.id, "acc_prod_0000000000000000"),
        path.replace(&session.id(), "cs_stg_0000000000000000"),
        path.replace(&session.id(), "nonsense"),
    ];
    let mut first: Option<Value> = None;
    for path in wrong {
        for answer in [
            look(&shop, &path, "en").await,
            pay(&shop, &path, &[("email", "a@example.com"), ("token", "test_success")]).await,
        ] {
            assert_eq!(answer.status, 404, "{path}");
            let first = first.get_or_insert_with(|| answer.body.clone());
            assert_eq!(answer.body, *first, "{path}");
        }
    }
    assert!(first.unwrap().as_str().unwrap().contains("There is nothing here"));
    assert_eq!(shop.client.get_session(&session.id()).await.ok().body["state"], "open");
    let large = "x".repeat(300_000);
    assert_eq!(pay(&shop, &path, &[("token", &large)]).await.status, 413);
}
