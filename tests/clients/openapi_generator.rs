//! The story of tests/clients/README.md, told with what openapi-generator makes of openapi.yaml for
//! Rust.

use openapi::{
    apis::{
        Error, account_api, configuration::Configuration, customers_api, payment_methods_api,
        prices_api, processors_api, products_api, subscriptions_api,
    },
    models,
};

type Told = Result<(), Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Told {
    let api = Configuration {
        base_path: std::env::var("BASE_URL")?,
        bearer_access_token: Some(std::env::var("TOKEN")?),
        ..Configuration::default()
    };
    let account = account_api::account_get(&api).await?;
    assert_eq!(account.environment, models::Environment::Stg);
    let new = models::NewProcessor::new("Cards".to_owned(), models::ProcessorType::Test);
    let processor = processors_api::processors_create(&api, new, None).await?;
    let mut new = models::NewCustomer::new("jane@example.com".to_owned());
    new.name = Some(Some("Jane".to_owned()));
    let customer = customers_api::customers_create(&api, new, None, None).await?;
    let mut new = models::NewPaymentMethod::new("test_success".to_owned());
    new.processor_id = Some(Some(processor.id.clone()));
    let method =
        payment_methods_api::payment_methods_create(&api, &customer.id, new, None, None, None)
            .await?;
    let new = models::NewProduct::new("Team plan".to_owned());
    let product = products_api::products_create(&api, new, None, None).await?;
    let price = priced(&api, product.id).await?;
    let mut item = models::NewSubscriptionItem::new(price);
    item.quantity = Some(Some(7));
    let mut new = models::NewSubscription::new(customer.id.clone(), vec![item]);
    new.processor_id = Some(Some(processor.id));
    new.default_payment_method_id = Some(Some(method.id));
    let subscription = subscriptions_api::subscriptions_create(&api, new, None, None).await?;
    assert_eq!(subscription.state, models::SubscriptionState::Active);
    listed(&api, &customer).await?;
    missing(&api, &customer.id).await;
    let how = models::Cancellation {
        refund_option: Some(Some(models::RefundOption::Full)),
        ..models::Cancellation::new()
    };
    let id = &subscription.id;
    let ended =
        subscriptions_api::subscriptions_cancel(&api, id, None, None, None, Some(how)).await?;
    assert_eq!(ended.state, models::SubscriptionState::Cancelled);
    println!("openapi-generator, Rust: the story");
    Ok(())
}

/// The id of a price with tiers.
async fn priced(
    api: &Configuration,
    product: String,
) -> Result<String, Box<dyn std::error::Error>> {
    let decimal = models::NewTierUnitAmountDecimal::String("812.5".to_owned());
    let first = models::NewTier {
        up_to: Some(Some(5)),
        unit_amount_atom: Some(Some(1000)),
        ..models::NewTier::new()
    };
    let last = models::NewTier {
        unit_amount_decimal: Some(Some(Box::new(decimal))),
        ..models::NewTier::new()
    };
    let mut new = models::NewPrice::new(product, "usd".to_owned());
    new.billing_interval = Some(Some(models::IntervalUnit::Month));
    new.tiers_mode = Some(Some(models::TiersMode::Graduated));
    new.tiers = Some(Some(vec![first, last]));
    let price = prices_api::prices_create(api, new, None, None).await?;
    let tiers = price.tiers.unwrap_or_default();
    let amounts: Vec<_> = tiers.iter().map(|tier| tier.unit_amount_decimal.as_str()).collect();
    assert_eq!(amounts, ["1000", "812.5"]);
    Ok(price.id)
}

/// The customer is in the list of those since an hour before, and of those since an hour after not.
async fn listed(api: &Configuration, customer: &models::Customer) -> Told {
    for (hours, total) in [(-1, 1), (1, 0)] {
        let since = customer.created_at + chrono::Duration::hours(hours);
        let page = customers_api::customers_list(
            api, None, None, None, None, Some(since), None, None, None,
        );
        assert_eq!(page.await?.total, total);
    }
    Ok(())
}

/// A customer that there is not is a `Problem`.
async fn missing(api: &Configuration, id: &str) {
    let other = if id.ends_with('a') { 'b' } else { 'a' };
    let id = format!("{}{other}", &id[..id.len() - 1]);
    let answer = customers_api::customers_get(api, &id, None).await;
    let Err(Error::ResponseError(refusal)) = answer else {
        panic!("{answer:?}");
    };
    let Some(customers_api::CustomersGetError::Status404(problem)) = refusal.entity else {
        panic!("{refusal:?}");
    };
    assert_eq!(problem.status, 404);
}
