//! A second opinion on the stand-in: what the adapter asks is sent to it and to Stripe World, an emulator by
//! others that was compared with recordings of Stripe itself. `docs/stripe-world.md` has both answers, and
//! why they differ where they do; whatever is not as it is written there fails (`make stripe-emulator`).

use std::fs;

use reqwest::{Client, Method};
use serde_json::Value;

use crate::client::{Api, root};

/// One of the two, and what it was asked so far.
struct Line {
    http: Client,
    url: String,
    /// Whether it knows cards by their numbers alone, and none of Stripe's tokens for tests.
    by_number: bool,
    asked: usize,
    seen: Vec<(&'static str, String)>,
}

type Form<'a> = &'a [(&'a str, &'a str)];

impl Line {
    fn to(url: &str, by_number: bool) -> Self {
        let (http, url) = (Client::new(), url.to_owned());
        Self { http, url, by_number, asked: 0, seen: Vec::new() }
    }

    async fn send(&mut self, (method, path): (Method, &str), form: Form<'_>, key: &str) -> Value {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = match method {
            Method::GET => self.http.get(format!("{}{path}?{body}", self.url)),
            _ => self.http.post(format!("{}{path}", self.url)).body(body),
        };
        if method == Method::POST {
            request = request.header("Idempotency-Key", key);
        }
        request = request.header("Stripe-Version", "2026-08-26.dahlia");
        request = request.header("Content-Type", "application/x-www-form-urlencoded");
        let answer = request.bearer_auth("sk_test_emulated1").send().await.unwrap();
        let status = answer.status().as_u16();
        let mut body: Value = answer.json().await.unwrap_or_default();
        body["http"] = status.into();
        body
    }

    /// Asks, and notes under `what` how it was answered.
    async fn note(&mut self, what: &'static str, request: (Method, &str), form: Form<'_>) -> Value {
        self.asked += 1;
        let key = format!("key-{}", self.asked);
        self.note_under(what, request, form, &key).await
    }

    async fn note_under(
        &mut self,
        what: &'static str,
        request: (Method, &str),
        form: Form<'_>,
        key: &str,
    ) -> Value {
        let body = self.send(request, form, key).await;
        let error = &body["error"];
        let words = [&error["type"], &error["code"], &error["decline_code"], &body["status"]];
        let words = words.into_iter().filter_map(Value::as_str);
        let count = body["data"].as_array().map(|data| format!("{} listed", data.len()));
        let parts = [body["http"].to_string()].into_iter().chain(words.map(str::to_owned));
        self.seen.push((what, parts.chain(count).collect::<Vec<_>>().join(" ")));
        body
    }

    async fn card(&mut self, what: &'static str, customer: &str, token: &str) -> String {
        let number = NUMBERS.iter().find(|(known, _)| *known == token).filter(|_| self.by_number);
        let token = match number {
            Some((_, number)) => {
                let form = [
                    ("type", "card"),
                    ("card[number]", number),
                    ("card[exp_month]", "12"),
                    ("card[exp_year]", "2040"),
                    ("card[cvc]", "123"),
                ];
                self.asked += 1;
                let key = format!("key-{}", self.asked);
                let made = self.send((Method::POST, "/v1/payment_methods"), &form, &key).await;
                id(&made)
            }
            None => token.to_owned(),
        };
        let form = [
            ("customer", customer),
            ("payment_method", token.as_str()),
            ("confirm", "true"),
            ("usage", "off_session"),
            ("payment_method_types[0]", "card"),
            ("expand[0]", "payment_method"),
        ];
        let setup = self.note(what, (Method::POST, "/v1/setup_intents"), &form).await;
        id(&setup["payment_method"])
    }

    async fn open(
        &mut self,
        what: &'static str,
        (customer, card): (&str, &str),
        (amount, currency): (&str, &str),
    ) -> String {
        let form = [
            ("amount", amount),
            ("currency", currency),
            ("customer", customer),
            ("payment_method", card),
            ("payment_method_types[0]", "card"),
            ("metadata[key]", "emulated"),
        ];
        id(&self.note(what, (Method::POST, "/v1/payment_intents"), &form).await)
    }

    async fn act(&mut self, what: &'static str, intent: &str, act: &str, form: Form<'_>) {
        let path = format!("/v1/payment_intents/{intent}/{act}");
        self.note(what, (Method::POST, &path), form).await;
    }
}

/// The id of an object, or of nothing.
fn id(object: &Value) -> String {
    object["id"].as_str().or(object.as_str()).unwrap_or("none").to_owned()
}

/// The cards that Stripe's tokens for tests stand for.
const NUMBERS: [(&str, &str); 7] = [
    ("pm_card_visa", "4242424242424242"),
    ("pm_card_chargeDeclined", "4000000000000002"),
    ("pm_card_authenticationRequired", "4000002500003155"),
    ("pm_card_chargeCustomerFail", "4000000000000341"),
    ("pm_card_threeDSecure2Required", "4000000000003220"),
    ("pm_card_pendingRefund", "4000000000007726"),
    ("pm_card_createDispute", "4000000000000259"),
];

const ABSENT: Form<'static> = &[("off_session", "true")];
const PRESENT: Form<'static> = &[("return_url", "https://example.com/")];
const GIVEN_UP: Form<'static> = &[("cancellation_reason", "abandoned")];

/// What the adapter asks, in a row.
async fn story(url: &str, by_number: bool) -> Vec<(&'static str, String)> {
    let mut line = Line::to(url, by_number);
    let customer = line.note("customer", (Method::POST, "/v1/customers"), &[]).await;
    let customer = id(&customer);
    let who = customer.as_str();
    let visa = line.card("save a card", who, "pm_card_visa").await;
    line.card("save a card that is declined at once", who, "pm_card_chargeDeclined").await;
    line.card("save a card that nobody knows", who, "pm_card_unheardOf").await;
    let asks = line.card(
        "save a card that its bank wants confirmed",
        who,
        "pm_card_authenticationRequired",
    );
    asks.await;
    let paid = line.open("prepare", (who, &visa), ("1000", "usd")).await;
    line.act("confirm", &paid, "confirm", ABSENT).await;
    line.act("confirm once more under another key", &paid, "confirm", ABSENT).await;
    line.act("give up what is paid", &paid, "cancel", GIVEN_UP).await;
    let path = format!("/v1/payment_intents/{paid}");
    line.note("ask", (Method::GET, &path), &[]).await;
    line.note("ask about nothing", (Method::GET, "/v1/payment_intents/pi_none"), &[]).await;

    let body = [("metadata[customer]", "a")];
    let other = [("metadata[customer]", "b")];
    let create = || (Method::POST, "/v1/customers");
    let first = line.note_under("under a key", create(), &body, "same").await;
    let again = line.note_under("again under the key", create(), &body, "same").await;
    line.seen.push(("which is the same", (id(&first) == id(&again)).to_string()));
    line.note_under("something else under the key", create(), &other, "same").await;

    line.open("30 cents", (who, &visa), ("30", "usd")).await;
    line.open("1234 of three decimals", (who, &visa), ("1234", "kwd")).await;
    line.open("a krona and a half", (who, &visa), ("150", "isk")).await;

    let fails = line.card("save a card that is declined later", who, "pm_card_chargeCustomerFail");
    let fails = fails.await;
    let declined = line.open("prepare by it", (who, &fails), ("1000", "usd")).await;
    line.act("which is declined", &declined, "confirm", ABSENT).await;
    let path = format!("/v1/payment_intents/{declined}");
    line.note("ask about it", (Method::GET, &path), &[]).await;
    line.act("give it up", &declined, "cancel", GIVEN_UP).await;
    line.act("give it up again", &declined, "cancel", GIVEN_UP).await;

    let secure = line.card("save a card of 3D Secure", who, "pm_card_threeDSecure2Required").await;
    let absent = line.open("prepare by it, payer absent", (who, &secure), ("1000", "usd")).await;
    line.act("which is declined, for want of the payer", &absent, "confirm", ABSENT).await;
    let present = line.open("prepare by it, payer present", (who, &secure), ("1000", "usd")).await;
    line.act("which waits for the payer", &present, "confirm", PRESENT).await;
    line.act("and is given up", &present, "cancel", GIVEN_UP).await;

    let refund =
        |amount| [("payment_intent", paid.as_str()), ("amount", amount), ("metadata[key]", "r")];
    let refunds = || (Method::POST, "/v1/refunds");
    line.note("give a part back", refunds(), &refund("400")).await;
    line.note("give more back than is left", refunds(), &refund("601")).await;
    line.note("give the rest back", refunds(), &refund("600")).await;
    line.note("give back what is back", refunds(), &refund("1")).await;
    let of = [("payment_intent", paid.as_str()), ("limit", "100")];
    line.note("list what was given back", (Method::GET, "/v1/refunds"), &of).await;
    let pends = line.card("save a card whose refunds pend", who, "pm_card_pendingRefund").await;
    let taken = line.open("prepare by it, to refund", (who, &pends), ("1000", "usd")).await;
    line.act("which is paid", &taken, "confirm", ABSENT).await;
    let all = [("payment_intent", taken.as_str()), ("amount", "1000")];
    line.note("whose refund pends", refunds(), &all).await;

    let disputed = line.card("save a card that is disputed", who, "pm_card_createDispute").await;
    let taken = line.open("prepare by it, to dispute", (who, &disputed), ("1000", "usd")).await;
    line.act("which is paid too", &taken, "confirm", ABSENT).await;
    let since = [("created[gte]", "1"), ("limit", "100")];
    line.note("list what is disputed", (Method::GET, "/v1/disputes"), &since).await;
    let all = [("payment_intent", taken.as_str()), ("amount", "1000")];
    line.note("give back what is disputed", refunds(), &all).await;

    let path = format!("/v1/payment_methods/{visa}/detach");
    line.note("let a card go", (Method::POST, &path), &[]).await;
    line.note("let it go again", (Method::POST, &path), &[]).await;
    line.open("prepare by a card that was let go", (who, &visa), ("1000", "usd")).await;
    line.seen
}

/// The rows of `docs/stripe-world.md`: what was asked, both answers, and why they differ.
fn written() -> Vec<[String; 4]> {
    let text = fs::read_to_string(root().join("docs/stripe-world.md")).unwrap();
    let cells = |line: &str| -> Option<[String; 4]> {
        let cells = line.strip_prefix("| ")?.strip_suffix('|')?.split('|');
        let cells: Vec<String> = cells.map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().ok()
    };
    text.lines().filter_map(cells).skip(1).filter(|cells| !cells[0].starts_with("--")).collect()
}

#[test]
fn each_difference_from_stripe_world_has_a_reason() {
    let rows = written();
    assert!(rows.len() > 40, "{}", rows.len());
    for [what, ours, theirs, why] in rows {
        assert_eq!(ours != theirs, !why.is_empty(), "{what}");
    }
}

#[tokio::test]
async fn the_stand_in_answers_as_is_written() {
    let api = Api::start().await;
    let ours = story(api.stack.outside().stripe_url(), false).await;
    let rows = written().into_iter().map(|[what, ours, ..]| (what, ours));
    let ours = ours.into_iter().map(|(what, said)| (what.to_owned(), said));
    assert_eq!(ours.collect::<Vec<_>>(), rows.collect::<Vec<_>>());
}

#[tokio::test]
#[ignore = "it needs the emulator: `make stripe-emulator`"]
#[expect(clippy::disallowed_methods, reason = "where the emulator is comes in no other way")]
async fn the_stand_in_answers_as_is_written_beside_stripe_world() {
    let theirs = std::env::var("STRIPE_EMULATOR").expect("STRIPE_EMULATOR is its address");
    let api = Api::start().await;
    let ours = story(api.stack.outside().stripe_url(), false).await;
    let theirs = story(&theirs, true).await;
    let said = ours
        .into_iter()
        .zip(theirs)
        .map(|((what, ours), (_, theirs))| [what.to_owned(), ours, theirs]);
    let said: Vec<[String; 3]> = said.collect();
    for [what, ours, theirs] in &said {
        println!("| {what} | {ours} | {theirs} | |");
    }
    let written: Vec<[String; 3]> =
        written().into_iter().map(|[what, ours, theirs, _]| [what, ours, theirs]).collect();
    assert_eq!(said, written, "docs/stripe-world.md says otherwise");
}
