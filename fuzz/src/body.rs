//! A body: as JSON, and as what each operation takes.

use lambda_http::{aws_lambda_events::apigw::ApiGatewayV2httpRequest, request::LambdaRequest};
use serde_json::Value;
use shared::{
    base::input::{Json, Nothing},
    http::Request,
    model::{
        account::AccountPatch,
        checkout::{Completion, NewCheckoutSession},
        coupon::{CouponPatch, NewCoupon},
        credit_note::{CreditTarget, NewCreditNote},
        custom_field::{CustomFieldDefinitionPatch, NewCustomFieldDefinition},
        customer::{CustomerPatch, NewCustomer},
        invoice::{InvoicePatch, NewInvoice, Payment},
        payment_method::NewPaymentMethod,
        price::{NewPrice, PricePatch},
        processor::{NewProcessor, NewProcessorRoute, ProcessorPatch, ProcessorRoutePatch},
        product::{NewProduct, ProductPatch},
        promotion_code::{NewPromotionCode, PromotionCodePatch},
        refund::NewRefund,
        subscription::{
            Cancellation, ItemsChange, NewSubscription, PauseRequest, PlanChange, PreviewRequest,
            ScheduledCancellation, SubscriptionPatch,
        },
        test_clock::{NewTestClock, TestClockAdvance},
        token::{NewToken, Roll},
    },
};

use crate::read;

/// Of a name that a client made up, this much is in a pointer.
const MOST_OF_A_NAME: usize = 100;
const MAX_DEPTH: usize = 32;

/// The first byte says what the rest is read as.
pub fn body(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(bytes) else {
        assert!(request(bytes).body().is_err(), "a body that is not text");
        return;
    };
    let ours = Json::parse(text);
    compare(text, &ours);
    let Ok(json) = ours else { return };
    assert_eq!(request(bytes).body().ok().as_ref(), Some(&json), "a body is read as JSON");
    faults_of(&json, *kind);
}

/// A request as the gateway hands it over.
fn request(bytes: &[u8]) -> Request {
    let mut event = ApiGatewayV2httpRequest::default();
    event.headers.insert("content-type", "application/json".parse().unwrap());
    event.is_base64_encoded = true;
    event.body = Some(base64(bytes));
    Request::of("req_1".to_owned(), LambdaRequest::ApiGatewayV2(event))
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |chunk: &[u8]| {
        let word =
            (0..3).fold(0_usize, |word, at| word << 8 | usize::from(*chunk.get(at).unwrap_or(&0)));
        let digit = |at: usize| match at <= chunk.len() {
            true => char::from(ALPHABET[word >> (18 - 6 * at) & 63]),
            false => '=',
        };
        (0..4).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(digits).collect()
}

/// What we accept serde_json accepts, as the same value; what we refuse it refuses too, but for names
/// that are given twice and levels beyond ours.
fn compare(text: &str, ours: &Result<Json, shared::base::input::NotJson>) {
    let theirs = serde_json::from_str::<Value>(text);
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => {
            assert_eq!(ours.to_value().as_ref(), Some(&theirs), "another value");
            // serde_json may read the last digit of a float otherwise than it wrote it.
            if is_exact(&theirs) {
                let written = Json::parse(&theirs.to_string()).expect("what serde_json writes");
                assert_eq!(written.to_value(), Some(theirs), "written and read again");
            }
            let (mut one, mut two) = (String::new(), String::new());
            ours.canonical(&mut one);
            ours.clone().canonical(&mut two);
            assert_eq!(one, two);
        }
        // A number that is no float: we keep its digits.
        (Ok(ours), Err(_)) => assert_eq!(ours.to_value(), None, "serde_json refuses it"),
        (Err(why), Ok(theirs)) => {
            let deep = depth(&theirs) > MAX_DEPTH;
            assert!(deep || colons(text) > fields(&theirs), "serde_json accepts it: {why:?}");
        }
        (Err(_), Err(_)) => {}
    }
}

fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_f64(),
        Value::Array(values) => values.iter().all(is_exact),
        Value::Object(fields) => fields.values().all(is_exact),
        _ => true,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn fields(value: &Value) -> usize {
    match value {
        Value::Array(values) => values.iter().map(fields).sum(),
        Value::Object(object) => object.len() + object.values().map(fields).sum::<usize>(),
        _ => 0,
    }
}

/// How many colons there are outside of strings: one for each field that was written.
fn colons(text: &str) -> usize {
    let (mut count, mut inside, mut escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b':' if !inside => count += 1,
            _ => {}
        }
    }
    count
}

/// Reads the body as what operation number `kind` takes.
fn faults_of(json: &Json, kind: u8) {
    macro_rules! one_of {
        ($($input:ty),* $(,)?) => {{
            let readers = [$(|json: &Json| read::<$input>(json).1),*];
            readers[usize::from(kind) % readers.len()](json)
        }};
    }
    let faults = one_of![
        AccountPatch,
        Cancellation,
        Completion,
        CouponPatch,
        CreditTarget,
        CustomFieldDefinitionPatch,
        CustomerPatch,
        InvoicePatch,
        ItemsChange,
        NewCheckoutSession,
        NewCoupon,
        NewCreditNote,
        NewCustomFieldDefinition,
        NewCustomer,
        NewInvoice,
        NewPaymentMethod,
        NewPrice,
        NewProcessor,
        NewProcessorRoute,
        NewProduct,
        NewPromotionCode,
        NewRefund,
        NewSubscription,
        NewTestClock,
        NewToken,
        Nothing,
        PauseRequest,
        Payment,
        PlanChange,
        PreviewRequest,
        PricePatch,
        ProcessorPatch,
        ProcessorRoutePatch,
        ProductPatch,
        PromotionCodePatch,
        Roll,
        ScheduledCancellation,
        SubscriptionPatch,
        TestClockAdvance,
    ];
    for fault in faults {
        points(json, &fault.pointer);
    }
}

/// Whether the pointer leads to something in the body, or to where something is missing.
fn points(json: &Json, pointer: &str) {
    assert!(pointer.is_empty() || pointer.starts_with('/'), "{pointer}");
    let mut place = Some(json);
    for step in pointer.split('/').skip(1) {
        assert!(!step.replace("~0", "").replace("~1", "").contains('~'), "{pointer}");
        let name = step.replace("~1", "/").replace("~0", "~");
        if name.chars().count() >= MOST_OF_A_NAME {
            return;
        }
        place = match place.expect(pointer) {
            Json::Object(fields) => fields.iter().find(|(key, _)| *key == name).map(|(_, v)| v),
            Json::Array(values) => Some(&values[name.parse::<usize>().expect(pointer)]),
            leaf => panic!("{pointer} leads below {leaf:?}"),
        };
    }
}
