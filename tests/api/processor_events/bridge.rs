//! Events that come by EventBridge.

use serde_json::{Value, json};

use super::*;

/// What EventBridge hands over of an event on Stripe's bus, by the rule of the template.
fn bridged(shop: &Shop, processor: &str, body: &str) -> String {
    let rule = &shop.api.stack.template().document()["Resources"]["StripeEvents"]["Properties"];
    let event = json!({
        "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "payment_intent.succeeded", "source": "aws.partner/stripe.com/ed_test_1",
        "account": "123456789012", "time": "2026-01-31T10:00:00Z", "region": "us-east-1",
        "resources": [], "detail": serde_json::from_str::<Value>(body).unwrap(),
    });
    let prefix = rule["EventPattern"]["source"][0]["prefix"].as_str().unwrap();
    assert!(event["source"].as_str().unwrap().starts_with(prefix));
    let transformer = &rule["Targets"][0]["InputTransformer"];
    let mut text = transformer["InputTemplate"]["Fn::Sub"].as_str().unwrap().to_owned();
    text = text.replace("${StripeEventProcessor}", processor);
    for (name, path) in transformer["InputPathsMap"].as_object().unwrap() {
        let pointer = path.as_str().unwrap().replace('$', "").replace('.', "/");
        text = text.replace(&format!("<{name}>"), &event.pointer(&pointer).unwrap().to_string());
    }
    text
}

#[tokio::test]
async fn what_eventbridge_hands_over_is_a_hint_like_any_other() {
    let shop = Shop::open().await.listening(Telling::ByHand);
    let (session, charge) = shop.waiting().await;
    shop.api.stack.stripe().act(&charge, true);
    let body = shop.last_event().body;
    let hands = async |processor: &str| {
        let event = bridged(&shop, processor, &body);
        shop.api.stack.invoke(FUNCTION, event).await.unwrap()
    };
    // Nobody of ours, and somebody else's processor: nothing is done.
    let before = shop.changes().await;
    let stranger = shop.api.client_of(&shop.api.account("stg").await);
    let new = json!({"name": "Cards", "type": "stripe", "secret_key": "sk_test_other"});
    let theirs = stranger.create_processor(new).await.ok().id();
    assert!(matches!(hands("proc_stg_0000000000000000").await, Outcome::Error(_)));
    assert!(matches!(hands(&theirs).await, Outcome::Answer(_)));
    // Stripe does not answer: Lambda tries again.
    for _ in 0..3 {
        let path = format!("/payment_intents/{charge}");
        shop.api.stack.stripe().next(&path, local::stripe::Trouble::LostBefore);
    }
    assert!(matches!(hands(&shop.processor).await, Outcome::Error(_)));
    assert_eq!(shop.changes().await, before);
    let again = [hands(&shop.processor).await, hands(&shop.processor).await];
    assert!(again.iter().all(|one| matches!(one, Outcome::Answer(_))), "{again:?}");
    let last = hands(&shop.processor).await;
    assert!(matches!(last, Outcome::Answer(_)), "{last:?}");
    assert_eq!(shop.client.get_session(&session).await.ok().body["state"], "completed");
    assert_eq!((shop.count("payment_intent.succeeded").await, shop.succeeded()), (1, 1));
    // The same text in a request is one that nobody has signed.
    let event = bridged(&shop, &shop.processor, &body);
    shop.sends(&shop.processor, None, &event).await.refused(400);
}

#[test]
fn nothing_of_eventbridge_is_there_without_the_parameter() {
    let template = local::Template::load(crate::client::root().join("template.yaml")).unwrap();
    let document = template.document();
    let parameters = &document["Parameters"];
    for name in ["StripeEventBus", "StripeEventProcessor"] {
        assert_eq!(parameters[name]["Default"], "", "{name}");
    }
    for (name, resource) in document["Resources"].as_object().unwrap() {
        if resource.to_string().contains("StripeEvent") {
            assert_eq!(resource["Condition"], "HasStripeEvents", "{name}");
        }
    }
}
