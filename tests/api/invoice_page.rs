//! An invoice as a page: in the brand, for a browser that trusts nothing on it.

use serde_json::json;

use crate::{billing::Shop, client::Answer};

fn text(answer: &Answer) -> &str {
    answer.body.as_str().expect("a page")
}

#[tokio::test]
async fn an_invoice_is_a_page_that_a_browser_may_only_show() {
    let shop = Shop::open().await;
    let brand = json!({
        "display_name": "Ben & Söhne", "logo_url": "https://cdn.example.com/logo.svg",
        "primary_color": "#5b3df5", "support_email": "help@example.com",
    });
    shop.client.update_account(json!({"brand": brand})).await.ok();
    let name = json!({"name": "<script>alert(1)</script>", "address": {"city": "Berlin"}});
    shop.client.update_customer(&shop.customer, name).await.ok();
    let draft = shop
        .client
        .create_invoice(json!({
            "customer_id": shop.customer, "currency": "jpy", "collection_method": "send_invoice",
            "items": [{"name": "<b>Tea</b> \"green\"", "quantity": 3, "unit_amount": "500"}],
        }))
        .await
        .ok()
        .id();
    let page = shop.client.show_invoice(&draft).await.ok();
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("etag"), None);
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let policy = page.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'; style-src 'sha256-",
        "; img-src https://cdn.example.com;",
        "; frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    for shown in [
        "<p class=\"number\">Draft</p>",
        "<img src=\"https://cdn.example.com/logo.svg\" alt=\"Ben &#38; Söhne\"",
        "<span>&#60;script&#62;alert(1)&#60;/script&#62;</span>",
        "&#60;b&#62;Tea&#60;/b&#62; &#34;green&#34;",
        "JPY 1500",
        "mailto:help@example.com",
        "--brand:#5b3df5}",
    ] {
        assert!(text(&page).contains(shown), "{shown} in {}", text(&page));
    }
    let invoice = shop.client.finalize_invoice(&draft).await.ok();
    let page = shop.client.show_invoice(&invoice.id()).await.ok();
    for shown in
        ["<p class=\"number\">INV-0001</p>", "<span class=\"state\">Due</span> by 2 March 2026"]
    {
        assert!(text(&page).contains(shown), "{shown} in {}", text(&page));
    }
}

#[tokio::test]
async fn a_page_is_in_the_customers_language_and_its_address_in_the_order_of_the_country() {
    let shop = Shop::open().await;
    let patch = json!({"locale": "de-AT", "name": "Jane Smith", "address": {
        "line1": "1 The Headrow", "city": "Leeds", "postal_code": "LS1 4AP", "country": "GB",
    }});
    let customer = shop.client.update_customer(&shop.customer, patch).await.ok();
    assert_eq!(customer.body["locale"], "de-AT");
    let bill = json!({
        "customer_id": shop.customer, "currency": "huf", "collection_method": "send_invoice",
        "items": [{"name": "Tee", "quantity": 3, "unit_amount": "1234.50"}],
    });
    let draft = shop.client.create_invoice(bill).await.ok().id();
    let page = shop.client.show_invoice(&draft).await.ok();
    for shown in [
        "<html lang=\"de\">",
        "<h1>Rechnung</h1>",
        "<span>Leeds</span><span>LS1 4AP</span><span>Vereinigtes Königreich</span>",
        "3.703,50\u{a0}HUF",
    ] {
        let page = text(&page).replace("</span>\n", "</span>");
        assert!(page.contains(shown), "{shown} in {page}");
    }
    let wrong = json!({"locale": "tlh"});
    let faults = shop.client.update_customer(&shop.customer, wrong).await.refused(422).faults();
    assert_eq!(faults, ["/locale unknown_value"]);
    let patch = json!({"locale": null});
    assert_eq!(
        shop.client.update_customer(&shop.customer, patch).await.ok().body["locale"],
        json!(null)
    );
}

#[tokio::test]
async fn a_final_invoice_is_a_file_too() {
    let shop = Shop::open().await;
    let bill = json!({
        "customer_id": shop.customer, "currency": "usd", "collection_method": "send_invoice",
        "items": [{"name": "Tea", "amount": "30.00"}],
    });
    let draft = shop.client.create_invoice(bill).await.ok().id();
    let refused = shop.client.draw_invoice(&draft).await.refused(422);
    assert_eq!(refused.body["errors"][0]["code"], "not_final", "{}", refused.body);
    shop.client.finalize_invoice(&draft).await.ok();
    let file = shop.client.draw_invoice(&draft).await.ok();
    assert_eq!(file.header("content-type"), Some("application/pdf"));
    assert_eq!(file.header("content-disposition"), Some("inline; filename=\"INV-0001.pdf\""));
    assert!(text(&file).starts_with("%PDF-"));
    let again = shop.client.draw_invoice(&draft).await.ok();
    assert_eq!(text(&again), text(&file));
}

#[tokio::test]
async fn each_amount_of_an_invoice_is_explained_as_a_sum() {
    let shop = Shop::open().await;
    let bill = json!({
        "customer_id": shop.customer, "currency": "usd", "collection_method": "send_invoice",
        "items": [{"name": "Tea", "quantity": 3, "unit_amount": "12.505"}, {"name": "Work", "amount": "30.00"}],
    });
    let draft = shop.client.create_invoice(bill).await.ok();
    assert!(draft.body.get("explanation").is_none());
    let asked = format!("/api/invoices/{}?expand=explanation", draft.id());
    let explanation = shop.client.get(&asked).await.ok().body["explanation"].clone();
    assert_eq!(explanation["complete"], true);
    let tea = explanation["lines"][0]["sums"][0].clone();
    assert_eq!(tea["text"], "3 × USD 12.505 = USD 37.51, to the nearest, a half down");
    assert_eq!((&tea["of"], &tea["result"]), (&json!("price"), &json!("3751")));
    assert_eq!(tea["terms"], json!([{"factors": ["3", "1250.5"], "divided_by": null}]));
    let due = explanation["sums"].as_array().unwrap().last().unwrap();
    assert_eq!((&due["of"], &due["result"]), (&json!("due"), &json!("6751")));
    shop.client
        .get(&format!("/api/invoices/{}?expand=explanation.x", draft.id()))
        .await
        .refused(400);
}

#[tokio::test]
async fn a_page_that_there_is_not_is_a_problem() {
    let shop = Shop::open().await;
    shop.client.show_invoice("in_stg_0000000000000000").await.refused(404);
    shop.client.show_invoice(&shop.customer).await.refused(404);
}

#[tokio::test]
async fn a_brand_that_no_page_could_show_is_refused() {
    let shop = Shop::open().await;
    for logo in ["http://example.com/a.png", "javascript:alert(1)", "https://", "//example.com"] {
        let brand = json!({"brand": {"logo_url": logo, "primary_color": "red;}"}});
        let faults = shop.client.update_account(brand).await.refused(422).faults();
        assert_eq!(faults, ["/brand/logo_url invalid_url", "/brand/primary_color invalid_color"]);
    }
    let none = json!({"brand": {"logo_url": null, "primary_color": ""}});
    shop.client.update_account(none).await.ok();
}
