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
