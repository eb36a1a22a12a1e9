//! A query string: pages, filters, ranges of time, expansions.

use std::collections::HashSet;

use lambda_http::{aws_lambda_events::apigw::ApiGatewayV2httpRequest, request::LambdaRequest};
use shared::{
    base::{
        id::{Environment, kind},
        input::{Faults, Input, Json, Location},
    },
    http::{Listing, Request},
    model::{
        checkout::CheckoutSessionFilter,
        customer::{Customer, CustomerFilter},
        entity::Representation,
        filter::Unfiltered,
        invoice::{Invoice, InvoiceFilter},
        payment_intent::PaymentIntentFilter,
        price::PriceFilter,
        product::ProductFilter,
        promotion_code::PromotionCodeFilter,
        refund::RefundFilter,
        subscription::{Subscription, SubscriptionFilter},
        webhook::DeliveryFilter,
    },
    store::Expand,
};

/// The query of a list of anything.
pub fn query(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut event = ApiGatewayV2httpRequest::default();
    event.raw_query_string = Some(text.clone().into_owned());
    let request = Request::of("req_1".to_owned(), LambdaRequest::ApiGatewayV2(event));
    let mut faults = Faults::default();
    let query = request.query(&mut faults);

    // Each parameter is somewhere, once: read, expanded or refused.
    let Json::Object(fields) = &query.parameters else { panic!("an object") };
    let leaves: usize = fields.iter().map(|(_, value)| leaves(value)).sum();
    let sent = form_urlencoded::parse(text.as_bytes()).count();
    assert_eq!(leaves + query.expand.len() + faults.count(), sent, "{text}");
    let names: HashSet<&String> = fields.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), fields.len(), "{text}");
    pointed(&faults);

    listed::<Unfiltered<Customer>>(&query.parameters);
    listed::<CheckoutSessionFilter>(&query.parameters);
    listed::<CustomerFilter>(&query.parameters);
    listed::<DeliveryFilter>(&query.parameters);
    listed::<InvoiceFilter>(&query.parameters);
    listed::<PaymentIntentFilter>(&query.parameters);
    listed::<PriceFilter>(&query.parameters);
    listed::<ProductFilter>(&query.parameters);
    listed::<PromotionCodeFilter>(&query.parameters);
    listed::<RefundFilter>(&query.parameters);
    listed::<SubscriptionFilter>(&query.parameters);
    for known in [Invoice::EXPANSIONS, Subscription::EXPANSIONS, Customer::EXPANSIONS] {
        let mut faults = Faults::default();
        let expand = Expand::parse(&query.expand, known, &mut faults);
        let asked = query.expand.iter().flat_map(|value| value.split(',')).count();
        assert!(faults.count() <= asked && expand.scopes().len() <= 4 * asked, "{text}");
        pointed(&faults);
    }
}

fn leaves(value: &Json) -> usize {
    match value {
        Json::Object(fields) => fields.len(),
        Json::Param(text) => usize::from(!text.is_empty()),
        other => panic!("{other:?}"),
    }
}

/// Every fault of a query names a parameter, and is one that was not understood.
fn pointed(faults: &Faults) {
    for fault in faults.iter() {
        assert!(fault.pointer.starts_with('?') && !fault.detail.is_empty(), "{fault:?}");
    }
}

fn listed<F: shared::model::filter::Filter>(parameters: &Json) {
    let mut faults = Faults::default();
    let listing = Listing::<F>::read(parameters, &Location::query(), &mut faults);
    assert!(listing.is_some() || !faults.is_empty(), "refused without a fault");
    pointed(&faults);
    let Some(listing) = listing else { return };
    assert!((1..=100).contains(&listing.page.limit()));
    listing.filter.list();
    let (from, to) = listing.range.bounds::<kind::Customer>(Environment::Stg);
    assert_eq!(listing.range.bounds::<kind::Customer>(Environment::Stg), (from, to));
}
