use super::*;
use crate::base::input::{Input, Json};

fn request(second: u32, rest: Value) -> LoggedRequest {
    let mut request = LoggedRequest::example();
    let fields = request.as_object_mut().unwrap();
    fields.insert("created_at".to_owned(), format!("2026-01-31T09:30:{second:02}.000Z").into());
    fields.insert("id".to_owned(), format!("req_{second}").into());
    fields.extend(rest.as_object().unwrap().clone());
    serde_json::from_value(request).unwrap()
}

fn query(fields: &[(&str, &str)]) -> RequestLogQuery {
    let fields =
        fields.iter().map(|(name, text)| ((*name).to_owned(), Json::Param((*text).to_owned())));
    let query = Json::Object(fields.collect());
    RequestLogQuery::read(&query, &Location::query(), &mut Faults::default()).unwrap()
}

#[test]
fn what_is_kept_is_read_back_and_has_no_number_of_a_card() {
    let request = request(1, json!({"path": "/api/customers/external/4242424242424242"}));
    let (mut faults, body) = (Faults::default(), Location::body("customer"));
    for name in ["email", "4000056655665556", "a", "b", "c", "d"] {
        faults.not_understood(&body.field(name), "unknown_field", "is not known");
    }
    let kept = request.failing(faults.iter());
    assert_eq!(kept.path, "/api/customers/external/…");
    assert_eq!(kept.code.as_deref(), Some("unknown_field"));
    assert_eq!((kept.errors.len(), kept.errors[1].pointer.as_str()), (FAULTS, "/…"));
    let (text, until) = kept.kept().unwrap();
    assert_eq!(until - kept.created_at.seconds(), 7 * 24 * 3600);
    let item = Item::from_iter([(KEPT.to_owned(), text.into())]);
    assert_eq!(LoggedRequest::read(&item).unwrap(), kept);
    assert_eq!(without_cards("12345678901"), "12345678901");
    assert_eq!(without_cards(&format!("a{}b", "12".repeat(6))), "a…b");
    assert_eq!(without_cards(&"x".repeat(300)).len(), LONGEST);
}

#[test]
fn requests_that_ended_alike_are_a_group() {
    let ok = json!({"status": 200, "code": null, "errors": []});
    let requests = [
        request(5, json!({"duration_ms": 3})),
        request(4, ok),
        request(3, json!({"code": "required"})),
        request(2, json!({"duration_ms": 9})),
        request(1, json!({"route": "GET /api/customers"})),
    ];
    let page = RequestGroupPage::of(&requests, PageRequest::first(3));
    assert_eq!((page.total, page.has_more, page.items.len()), (4, true, 3));
    let first = &page.items[0];
    assert_eq!((first.count, first.longest_ms, first.last_request_id.as_str()), (2, 9, "req_5"));
    assert!(first.first_at < first.last_at);
    assert_eq!(page.items[1].code, None);
    let rest = RequestGroupPage::of(&requests, PageRequest::after(3, 3));
    assert_eq!((rest.items.len(), rest.has_more), (1, false));
}

#[test]
fn what_is_asked_for_says_what_is_looked_at() {
    let now: Timestamp = "2026-01-31T10:00:00Z".parse().unwrap();
    let kinds = |fields: &[(&str, &str)]| {
        let looked = query(fields).looked(now).unwrap();
        (looked.failed, looked.succeeded)
    };
    assert_eq!(kinds(&[]), (true, true));
    for failed in [("failed", "true"), ("status", "422"), ("code", "required")] {
        assert_eq!(kinds(&[failed]), (true, false), "{failed:?}");
    }
    assert_eq!(kinds(&[("status", "200")]), (false, true));
    let old = query(&[("from", "2020-01-01T00:00:00Z")]).looked(now).unwrap();
    assert_eq!(old.from.to_string(), "2026-01-24T10:00:00.000Z", "what is over is not shown");
    let faults = |fields: &[(&str, &str)]| match query(fields).looked(now) {
        Err(Error::Faulty(faults)) => {
            faults.iter().map(|one| format!("{} {}", one.pointer, one.code)).collect::<String>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(faults(&[("offset", "951")]), "?offset too_large");
    let turned = [("from", "2026-01-31T00:00:00Z"), ("to", "2026-01-30T00:00:00Z")];
    assert_eq!(faults(&turned), "?to not_after_from");
    let one = request(1, json!({}));
    assert!(query(&[("route", "POST /api/customers"), ("code", "invalid_email")]).wants(&one));
    for other in [("route", "GET /api/customers"), ("status", "200"), ("failed", "false")] {
        assert!(!query(&[other]).wants(&one), "{other:?}");
    }
}
