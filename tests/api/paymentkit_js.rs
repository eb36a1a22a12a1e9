//! PaymentKit.js, as the API serves it, and what its guide and its sources say of the API.

use reqwest::Method;
use shared::base::money::Currency;

use crate::client::{Answer, Api, exchange, root};

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

async fn get(api: &Api, name: &str) -> Answer {
    exchange(api.raw(Method::GET, &format!("/js/v1/{name}"))).await
}

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).unwrap().1.split_once(after).unwrap().0
}

#[tokio::test]
async fn a_script_is_served_to_pages_of_any_origin_and_sent_again_only_where_it_changed() {
    let api = Api::start().await;
    let guide = read("docs/guides/embedding-checkout.md");
    let pinned = between(&guide, "https://billing.example.com/js/v1/", "\"");
    let source = read("web/paymentkit-js/dist/paymentkit.js");
    let part = format!("paymentkit-stripe-{}.js", between(&source, "paymentkit-stripe-", ".js"));
    let names = ["paymentkit.js", "paymentkit.mjs", pinned, &part];
    let for_ever = "max-age=31536000, immutable";
    let kept = ["max-age=3600", "max-age=3600", for_ever, for_ever];
    for (name, kept) in names.into_iter().zip(kept) {
        let script = get(&api, name).await.ok();
        assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(script.header("cache-control"), Some(&*format!("public, {kept}")));
        assert_eq!(script.header("access-control-allow-origin"), Some("*"));
        assert_eq!(script.header("cross-origin-resource-policy"), Some("cross-origin"));
        assert_eq!(script.header("x-content-type-options"), Some("nosniff"));
        let tag = script.header("etag").unwrap().to_owned();
        let asked = |known: &str| {
            let request = api.raw(Method::GET, &format!("/js/v1/{name}"));
            exchange(request.header("if-none-match", known))
        };
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let same = asked(&known).await;
            assert_eq!(same.status, 304, "{known}");
            assert_eq!(same.header("etag"), Some(&*tag));
        }
        assert_eq!(asked("\"x\"").await.status, 200);
    }
    for nothing in ["nonsense.js", "paymentkit-000000000000.js", "files.rs"] {
        get(&api, nothing).await.refused(404);
    }
}

#[test]
fn the_script_counts_decimals_as_the_api_does() {
    let source = read("web/paymentkit-js/src/money.ts");
    let table = between(&source, "DECIMALS: Record<string, string> = {", "};");
    let written = |code: &str| {
        let mut lines = table.lines().filter_map(|line| line.trim().split_once(": \""));
        let found = lines
            .find(|(_, codes)| codes.trim_end_matches("\",").split(' ').any(|one| one == code));
        found.map_or(2, |(decimals, _)| decimals.parse().unwrap())
    };
    let letters = || 'a'..='z';
    let codes = letters().flat_map(move |one| {
        letters().flat_map(move |two| letters().map(move |three| format!("{one}{two}{three}")))
    });
    let known: Vec<(String, Currency)> =
        codes.filter_map(|code| code.parse().ok().map(|currency| (code, currency))).collect();
    assert!(known.len() > 150, "{}", known.len());
    for (code, currency) in known {
        assert_eq!(written(&code), currency.minor_units(), "{code}");
    }
}
