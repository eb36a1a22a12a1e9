//! Black-box tests: the real function binaries, behind the routes of template.yaml, on a real
//! DynamoDB engine. Each test has a stack and accounts of its own, so tests share nothing and run in
//! parallel; a fault that one injects is met by no other.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

mod account;
mod alarms;
mod analytics;
mod audit;
mod billing;
mod books;
mod card_removals;
mod card_setups;
mod change_requests;
mod checkout;
mod client;
mod cloud_events;
mod codes_on_page;
mod concurrency;
mod contract;
mod costs;
mod coupons;
mod credit;
mod currencies;
mod custom_fields;
mod customer_state;
mod customers;
mod disputes;
mod einvoices;
mod event_filters;
mod events;
mod external_ids;
mod faults;
mod field_reports;
mod floors;
mod guide;
mod hosted_page;
mod idempotency;
mod invoice_page;
mod invoices;
mod journeys;
mod later_filters;
mod linearizable;
mod lists;
mod metered;
mod meters;
mod money;
mod once;
mod packed_events;
mod passkeys;
mod payment_links;
mod payment_methods;
mod paymentkit_js;
mod payments;
mod portal;
mod portal_changes;
mod prices;
mod processor_down;
mod processor_events;
mod processor_record;
mod processors;
mod products;
mod rate_limit;
mod refunds;
mod renewals;
mod request_logs;
mod restore;
mod search;
mod simulate;
mod stored;
mod stripe;
mod stripe_check;
mod stripe_emulator;
mod subscriptions;
mod sweep;
mod taxes;
mod template;
mod test_clock;
mod tokens;
mod usage_corrections;
mod usage_peaks;
mod usage_prices;
mod usage_thresholds;
mod usage_values;
mod wakes;
mod webhooks;
mod workspace;
