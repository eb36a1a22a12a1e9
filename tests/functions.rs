//! All functions as one program, for `make dev` and the tests: one link where a binary per operation
//! needs a hundred. It is the function that its environment names, as Lambda names it to each.
//!
//! Written by `make functions`, from template.yaml.

use std::{ffi::OsStr, process::ExitCode};

#[path = "../functions/account/get.rs"]
mod account_get;
#[path = "../functions/account/update.rs"]
mod account_update;
#[path = "../functions/analytics/revenue.rs"]
mod analytics_revenue;
#[path = "../functions/change_requests/apply.rs"]
mod change_requests_apply;
#[path = "../functions/change_requests/cancel.rs"]
mod change_requests_cancel;
#[path = "../functions/change_requests/changes.rs"]
mod change_requests_changes;
#[path = "../functions/change_requests/create.rs"]
mod change_requests_create;
#[path = "../functions/change_requests/get.rs"]
mod change_requests_get;
#[path = "../functions/change_requests/list.rs"]
mod change_requests_list;
#[path = "../functions/change_requests/preview.rs"]
mod change_requests_preview;
#[path = "../functions/checkout/page.rs"]
mod checkout_page;
#[path = "../functions/checkout/pay.rs"]
mod checkout_pay;
#[path = "../functions/checkout_sessions/complete.rs"]
mod checkout_sessions_complete;
#[path = "../functions/checkout_sessions/create.rs"]
mod checkout_sessions_create;
#[path = "../functions/checkout_sessions/expire.rs"]
mod checkout_sessions_expire;
#[path = "../functions/checkout_sessions/get.rs"]
mod checkout_sessions_get;
#[path = "../functions/checkout_sessions/list.rs"]
mod checkout_sessions_list;
#[path = "../functions/coupons/create.rs"]
mod coupons_create;
#[path = "../functions/coupons/delete.rs"]
mod coupons_delete;
#[path = "../functions/coupons/get.rs"]
mod coupons_get;
#[path = "../functions/coupons/list.rs"]
mod coupons_list;
#[path = "../functions/coupons/update.rs"]
mod coupons_update;
#[path = "../functions/credit_notes/create.rs"]
mod credit_notes_create;
#[path = "../functions/credit_notes/html.rs"]
mod credit_notes_html;
#[path = "../functions/credit_notes/list.rs"]
mod credit_notes_list;
#[path = "../functions/credit_notes/pdf.rs"]
mod credit_notes_pdf;
#[path = "../functions/credit_notes/ubl.rs"]
mod credit_notes_ubl;
#[path = "../functions/currencies/list.rs"]
mod currencies_list;
#[path = "../functions/custom_field_definitions/create.rs"]
mod custom_field_definitions_create;
#[path = "../functions/custom_field_definitions/delete.rs"]
mod custom_field_definitions_delete;
#[path = "../functions/custom_field_definitions/get.rs"]
mod custom_field_definitions_get;
#[path = "../functions/custom_field_definitions/list.rs"]
mod custom_field_definitions_list;
#[path = "../functions/custom_field_definitions/update.rs"]
mod custom_field_definitions_update;
#[path = "../functions/customers/create.rs"]
mod customers_create;
#[path = "../functions/customers/delete.rs"]
mod customers_delete;
#[path = "../functions/customers/delete_external.rs"]
mod customers_delete_external;
#[path = "../functions/customers/get.rs"]
mod customers_get;
#[path = "../functions/customers/get_external.rs"]
mod customers_get_external;
#[path = "../functions/customers/list.rs"]
mod customers_list;
#[path = "../functions/customers/set_credit_balance.rs"]
mod customers_set_credit_balance;
#[path = "../functions/customers/state.rs"]
mod customers_state;
#[path = "../functions/customers/update.rs"]
mod customers_update;
#[path = "../functions/customers/update_external.rs"]
mod customers_update_external;
#[path = "../functions/customers/usage.rs"]
mod customers_usage;
#[path = "../functions/dashboard/asset.rs"]
mod dashboard_asset;
#[path = "../functions/dashboard/sign_in.rs"]
mod dashboard_sign_in;
#[path = "../functions/disputes/get.rs"]
mod disputes_get;
#[path = "../functions/disputes/list.rs"]
mod disputes_list;
#[path = "../functions/events/deliveries.rs"]
mod events_deliveries;
#[path = "../functions/events/get.rs"]
mod events_get;
#[path = "../functions/events/list.rs"]
mod events_list;
#[path = "../functions/events/resend.rs"]
mod events_resend;
#[path = "../functions/invoices/create.rs"]
mod invoices_create;
#[path = "../functions/invoices/delete.rs"]
mod invoices_delete;
#[path = "../functions/invoices/finalize.rs"]
mod invoices_finalize;
#[path = "../functions/invoices/get.rs"]
mod invoices_get;
#[path = "../functions/invoices/html.rs"]
mod invoices_html;
#[path = "../functions/invoices/list.rs"]
mod invoices_list;
#[path = "../functions/invoices/mark_uncollectible.rs"]
mod invoices_mark_uncollectible;
#[path = "../functions/invoices/pay.rs"]
mod invoices_pay;
#[path = "../functions/invoices/pdf.rs"]
mod invoices_pdf;
#[path = "../functions/invoices/ubl.rs"]
mod invoices_ubl;
#[path = "../functions/invoices/update.rs"]
mod invoices_update;
#[path = "../functions/invoices/void.rs"]
mod invoices_void;
#[path = "../functions/js/asset.rs"]
mod js_asset;
#[path = "../functions/meter_events/amend.rs"]
mod meter_events_amend;
#[path = "../functions/meter_events/create.rs"]
mod meter_events_create;
#[path = "../functions/meter_events/list.rs"]
mod meter_events_list;
#[path = "../functions/meter_events/void.rs"]
mod meter_events_void;
#[path = "../functions/meters/create.rs"]
mod meters_create;
#[path = "../functions/meters/get.rs"]
mod meters_get;
#[path = "../functions/meters/list.rs"]
mod meters_list;
#[path = "../functions/meters/update.rs"]
mod meters_update;
#[path = "../functions/not_found.rs"]
mod not_found;
#[path = "../functions/operator/backfill.rs"]
mod operator_backfill;
#[path = "../functions/operator/create_account.rs"]
mod operator_create_account;
#[path = "../functions/operator/create_token.rs"]
mod operator_create_token;
#[path = "../functions/passkeys/challenge.rs"]
mod passkeys_challenge;
#[path = "../functions/passkeys/create.rs"]
mod passkeys_create;
#[path = "../functions/passkeys/delete.rs"]
mod passkeys_delete;
#[path = "../functions/passkeys/list.rs"]
mod passkeys_list;
#[path = "../functions/payment_links/create.rs"]
mod payment_links_create;
#[path = "../functions/payment_links/get.rs"]
mod payment_links_get;
#[path = "../functions/payment_links/list.rs"]
mod payment_links_list;
#[path = "../functions/payment_links/open.rs"]
mod payment_links_open;
#[path = "../functions/payment_links/update.rs"]
mod payment_links_update;
#[path = "../functions/payment_methods/create.rs"]
mod payment_methods_create;
#[path = "../functions/payment_methods/delete.rs"]
mod payment_methods_delete;
#[path = "../functions/payment_methods/list.rs"]
mod payment_methods_list;
#[path = "../functions/payments/intents/get.rs"]
mod payments_intents_get;
#[path = "../functions/payments/intents/list.rs"]
mod payments_intents_list;
#[path = "../functions/payments/refunds/create.rs"]
mod payments_refunds_create;
#[path = "../functions/payments/refunds/get.rs"]
mod payments_refunds_get;
#[path = "../functions/payments/refunds/list.rs"]
mod payments_refunds_list;
#[path = "../functions/portal/act.rs"]
mod portal_act;
#[path = "../functions/portal/page.rs"]
mod portal_page;
#[path = "../functions/portal_sessions/create.rs"]
mod portal_sessions_create;
#[path = "../functions/prices/create.rs"]
mod prices_create;
#[path = "../functions/prices/get.rs"]
mod prices_get;
#[path = "../functions/prices/list.rs"]
mod prices_list;
#[path = "../functions/prices/update.rs"]
mod prices_update;
#[path = "../functions/processor_events/receive.rs"]
mod processor_events_receive;
#[path = "../functions/processor_routes/create.rs"]
mod processor_routes_create;
#[path = "../functions/processor_routes/delete.rs"]
mod processor_routes_delete;
#[path = "../functions/processor_routes/get.rs"]
mod processor_routes_get;
#[path = "../functions/processor_routes/list.rs"]
mod processor_routes_list;
#[path = "../functions/processor_routes/update.rs"]
mod processor_routes_update;
#[path = "../functions/processors/create.rs"]
mod processors_create;
#[path = "../functions/processors/delete.rs"]
mod processors_delete;
#[path = "../functions/processors/get.rs"]
mod processors_get;
#[path = "../functions/processors/list.rs"]
mod processors_list;
#[path = "../functions/processors/update.rs"]
mod processors_update;
#[path = "../functions/products/create.rs"]
mod products_create;
#[path = "../functions/products/delete.rs"]
mod products_delete;
#[path = "../functions/products/get.rs"]
mod products_get;
#[path = "../functions/products/list.rs"]
mod products_list;
#[path = "../functions/products/update.rs"]
mod products_update;
#[path = "../functions/promotion_codes/create.rs"]
mod promotion_codes_create;
#[path = "../functions/promotion_codes/delete.rs"]
mod promotion_codes_delete;
#[path = "../functions/promotion_codes/get.rs"]
mod promotion_codes_get;
#[path = "../functions/promotion_codes/list.rs"]
mod promotion_codes_list;
#[path = "../functions/promotion_codes/update.rs"]
mod promotion_codes_update;
#[path = "../functions/request_logs/groups.rs"]
mod request_logs_groups;
#[path = "../functions/request_logs/list.rs"]
mod request_logs_list;
#[path = "../functions/sessions/create.rs"]
mod sessions_create;
#[path = "../functions/simulate/run.rs"]
mod simulate_run;
#[path = "../functions/subscriptions/cancel.rs"]
mod subscriptions_cancel;
#[path = "../functions/subscriptions/change_plan.rs"]
mod subscriptions_change_plan;
#[path = "../functions/subscriptions/create.rs"]
mod subscriptions_create;
#[path = "../functions/subscriptions/get.rs"]
mod subscriptions_get;
#[path = "../functions/subscriptions/items.rs"]
mod subscriptions_items;
#[path = "../functions/subscriptions/list.rs"]
mod subscriptions_list;
#[path = "../functions/subscriptions/pause.rs"]
mod subscriptions_pause;
#[path = "../functions/subscriptions/preview.rs"]
mod subscriptions_preview;
#[path = "../functions/subscriptions/remove_pending_change.rs"]
mod subscriptions_remove_pending_change;
#[path = "../functions/subscriptions/remove_scheduled_pause.rs"]
mod subscriptions_remove_scheduled_pause;
#[path = "../functions/subscriptions/resume.rs"]
mod subscriptions_resume;
#[path = "../functions/subscriptions/schedule_cancellation.rs"]
mod subscriptions_schedule_cancellation;
#[path = "../functions/subscriptions/update.rs"]
mod subscriptions_update;
#[path = "../functions/tax_rates/create.rs"]
mod tax_rates_create;
#[path = "../functions/tax_rates/get.rs"]
mod tax_rates_get;
#[path = "../functions/tax_rates/list.rs"]
mod tax_rates_list;
#[path = "../functions/tax_rates/update.rs"]
mod tax_rates_update;
#[path = "../functions/test_clock/advance.rs"]
mod test_clock_advance;
#[path = "../functions/test_clock/get.rs"]
mod test_clock_get;
#[path = "../functions/test_clock/release.rs"]
mod test_clock_release;
#[path = "../functions/test_clock/stop.rs"]
mod test_clock_stop;
#[path = "../functions/tokens/create.rs"]
mod tokens_create;
#[path = "../functions/tokens/get.rs"]
mod tokens_get;
#[path = "../functions/tokens/list.rs"]
mod tokens_list;
#[path = "../functions/tokens/revoke.rs"]
mod tokens_revoke;
#[path = "../functions/tokens/roll.rs"]
mod tokens_roll;
#[path = "../functions/webhook_endpoints/create.rs"]
mod webhook_endpoints_create;
#[path = "../functions/webhook_endpoints/delete.rs"]
mod webhook_endpoints_delete;
#[path = "../functions/webhook_endpoints/deliveries.rs"]
mod webhook_endpoints_deliveries;
#[path = "../functions/webhook_endpoints/get.rs"]
mod webhook_endpoints_get;
#[path = "../functions/webhook_endpoints/list.rs"]
mod webhook_endpoints_list;
#[path = "../functions/webhook_endpoints/replay.rs"]
mod webhook_endpoints_replay;
#[path = "../functions/webhook_endpoints/rotate_secret.rs"]
mod webhook_endpoints_rotate_secret;
#[path = "../functions/webhook_endpoints/test.rs"]
mod webhook_endpoints_test;
#[path = "../functions/webhook_endpoints/update.rs"]
mod webhook_endpoints_update;
#[path = "../functions/workers/books.rs"]
mod workers_books;
#[path = "../functions/workers/compact.rs"]
mod workers_compact;
#[path = "../functions/workers/deliver.rs"]
mod workers_deliver;
#[path = "../functions/workers/sweep.rs"]
mod workers_sweep;

fn main() -> ExitCode {
    let name = std::env::var_os("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    match name.to_str().unwrap_or_default() {
        "account-get" => account_get::main(),
        "account-update" => account_update::main(),
        "analytics-revenue" => analytics_revenue::main(),
        "change-requests-apply" => change_requests_apply::main(),
        "change-requests-cancel" => change_requests_cancel::main(),
        "change-requests-changes" => change_requests_changes::main(),
        "change-requests-create" => change_requests_create::main(),
        "change-requests-get" => change_requests_get::main(),
        "change-requests-list" => change_requests_list::main(),
        "change-requests-preview" => change_requests_preview::main(),
        "checkout-page" => checkout_page::main(),
        "checkout-pay" => checkout_pay::main(),
        "checkout-sessions-complete" => checkout_sessions_complete::main(),
        "checkout-sessions-create" => checkout_sessions_create::main(),
        "checkout-sessions-expire" => checkout_sessions_expire::main(),
        "checkout-sessions-get" => checkout_sessions_get::main(),
        "checkout-sessions-list" => checkout_sessions_list::main(),
        "coupons-create" => coupons_create::main(),
        "coupons-delete" => coupons_delete::main(),
        "coupons-get" => coupons_get::main(),
        "coupons-list" => coupons_list::main(),
        "coupons-update" => coupons_update::main(),
        "credit-notes-create" => credit_notes_create::main(),
        "credit-notes-html" => credit_notes_html::main(),
        "credit-notes-list" => credit_notes_list::main(),
        "credit-notes-pdf" => credit_notes_pdf::main(),
        "credit-notes-ubl" => credit_notes_ubl::main(),
        "currencies-list" => currencies_list::main(),
        "custom-field-definitions-create" => custom_field_definitions_create::main(),
        "custom-field-definitions-delete" => custom_field_definitions_delete::main(),
        "custom-field-definitions-get" => custom_field_definitions_get::main(),
        "custom-field-definitions-list" => custom_field_definitions_list::main(),
        "custom-field-definitions-update" => custom_field_definitions_update::main(),
        "customers-create" => customers_create::main(),
        "customers-delete" => customers_delete::main(),
        "customers-delete-external" => customers_delete_external::main(),
        "customers-get" => customers_get::main(),
        "customers-get-external" => customers_get_external::main(),
        "customers-list" => customers_list::main(),
        "customers-set-credit-balance" => customers_set_credit_balance::main(),
        "customers-state" => customers_state::main(),
        "customers-update" => customers_update::main(),
        "customers-update-external" => customers_update_external::main(),
        "customers-usage" => customers_usage::main(),
        "dashboard-asset" => dashboard_asset::main(),
        "dashboard-sign-in" => dashboard_sign_in::main(),
        "disputes-get" => disputes_get::main(),
        "disputes-list" => disputes_list::main(),
        "events-deliveries" => events_deliveries::main(),
        "events-get" => events_get::main(),
        "events-list" => events_list::main(),
        "events-resend" => events_resend::main(),
        "invoices-create" => invoices_create::main(),
        "invoices-delete" => invoices_delete::main(),
        "invoices-finalize" => invoices_finalize::main(),
        "invoices-get" => invoices_get::main(),
        "invoices-html" => invoices_html::main(),
        "invoices-list" => invoices_list::main(),
        "invoices-mark-uncollectible" => invoices_mark_uncollectible::main(),
        "invoices-pay" => invoices_pay::main(),
        "invoices-pdf" => invoices_pdf::main(),
        "invoices-ubl" => invoices_ubl::main(),
        "invoices-update" => invoices_update::main(),
        "invoices-void" => invoices_void::main(),
        "js-asset" => js_asset::main(),
        "meter-events-amend" => meter_events_amend::main(),
        "meter-events-create" => meter_events_create::main(),
        "meter-events-list" => meter_events_list::main(),
        "meter-events-void" => meter_events_void::main(),
        "meters-create" => meters_create::main(),
        "meters-get" => meters_get::main(),
        "meters-list" => meters_list::main(),
        "meters-update" => meters_update::main(),
        "not-found" => not_found::main(),
        "operator-backfill" => operator_backfill::main(),
        "operator-create-account" => operator_create_account::main(),
        "operator-create-token" => operator_create_token::main(),
        "passkeys-challenge" => passkeys_challenge::main(),
        "passkeys-create" => passkeys_create::main(),
        "passkeys-delete" => passkeys_delete::main(),
        "passkeys-list" => passkeys_list::main(),
        "payment-links-create" => payment_links_create::main(),
        "payment-links-get" => payment_links_get::main(),
        "payment-links-list" => payment_links_list::main(),
        "payment-links-open" => payment_links_open::main(),
        "payment-links-update" => payment_links_update::main(),
        "payment-methods-create" => payment_methods_create::main(),
        "payment-methods-delete" => payment_methods_delete::main(),
        "payment-methods-list" => payment_methods_list::main(),
        "payments-intents-get" => payments_intents_get::main(),
        "payments-intents-list" => payments_intents_list::main(),
        "payments-refunds-create" => payments_refunds_create::main(),
        "payments-refunds-get" => payments_refunds_get::main(),
        "payments-refunds-list" => payments_refunds_list::main(),
        "portal-act" => portal_act::main(),
        "portal-page" => portal_page::main(),
        "portal-sessions-create" => portal_sessions_create::main(),
        "prices-create" => prices_create::main(),
        "prices-get" => prices_get::main(),
        "prices-list" => prices_list::main(),
        "prices-update" => prices_update::main(),
        "processor-events-receive" => processor_events_receive::main(),
        "processor-routes-create" => processor_routes_create::main(),
        "processor-routes-delete" => processor_routes_delete::main(),
        "processor-routes-get" => processor_routes_get::main(),
        "processor-routes-list" => processor_routes_list::main(),
        "processor-routes-update" => processor_routes_update::main(),
        "processors-create" => processors_create::main(),
        "processors-delete" => processors_delete::main(),
        "processors-get" => processors_get::main(),
        "processors-list" => processors_list::main(),
        "processors-update" => processors_update::main(),
        "products-create" => products_create::main(),
        "products-delete" => products_delete::main(),
        "products-get" => products_get::main(),
        "products-list" => products_list::main(),
        "products-update" => products_update::main(),
        "promotion-codes-create" => promotion_codes_create::main(),
        "promotion-codes-delete" => promotion_codes_delete::main(),
        "promotion-codes-get" => promotion_codes_get::main(),
        "promotion-codes-list" => promotion_codes_list::main(),
        "promotion-codes-update" => promotion_codes_update::main(),
        "request-logs-groups" => request_logs_groups::main(),
        "request-logs-list" => request_logs_list::main(),
        "sessions-create" => sessions_create::main(),
        "simulate-run" => simulate_run::main(),
        "subscriptions-cancel" => subscriptions_cancel::main(),
        "subscriptions-change-plan" => subscriptions_change_plan::main(),
        "subscriptions-create" => subscriptions_create::main(),
        "subscriptions-get" => subscriptions_get::main(),
        "subscriptions-items" => subscriptions_items::main(),
        "subscriptions-list" => subscriptions_list::main(),
        "subscriptions-pause" => subscriptions_pause::main(),
        "subscriptions-preview" => subscriptions_preview::main(),
        "subscriptions-remove-pending-change" => subscriptions_remove_pending_change::main(),
        "subscriptions-remove-scheduled-pause" => subscriptions_remove_scheduled_pause::main(),
        "subscriptions-resume" => subscriptions_resume::main(),
        "subscriptions-schedule-cancellation" => subscriptions_schedule_cancellation::main(),
        "subscriptions-update" => subscriptions_update::main(),
        "tax-rates-create" => tax_rates_create::main(),
        "tax-rates-get" => tax_rates_get::main(),
        "tax-rates-list" => tax_rates_list::main(),
        "tax-rates-update" => tax_rates_update::main(),
        "test-clock-advance" => test_clock_advance::main(),
        "test-clock-get" => test_clock_get::main(),
        "test-clock-release" => test_clock_release::main(),
        "test-clock-stop" => test_clock_stop::main(),
        "tokens-create" => tokens_create::main(),
        "tokens-get" => tokens_get::main(),
        "tokens-list" => tokens_list::main(),
        "tokens-revoke" => tokens_revoke::main(),
        "tokens-roll" => tokens_roll::main(),
        "webhook-endpoints-create" => webhook_endpoints_create::main(),
        "webhook-endpoints-delete" => webhook_endpoints_delete::main(),
        "webhook-endpoints-deliveries" => webhook_endpoints_deliveries::main(),
        "webhook-endpoints-get" => webhook_endpoints_get::main(),
        "webhook-endpoints-list" => webhook_endpoints_list::main(),
        "webhook-endpoints-replay" => webhook_endpoints_replay::main(),
        "webhook-endpoints-rotate-secret" => webhook_endpoints_rotate_secret::main(),
        "webhook-endpoints-test" => webhook_endpoints_test::main(),
        "webhook-endpoints-update" => webhook_endpoints_update::main(),
        "workers-books" => workers_books::main(),
        "workers-compact" => workers_compact::main(),
        "workers-deliver" => workers_deliver::main(),
        "workers-sweep" => workers_sweep::main(),
        _ => unknown(&name),
    }
}

#[expect(clippy::print_stderr, reason = "said to whoever started it by hand")]
fn unknown(name: &OsStr) -> ExitCode {
    eprintln!("there is no function {name:?}: AWS_LAMBDA_FUNCTION_NAME is one of template.yaml's");
    ExitCode::FAILURE
}
