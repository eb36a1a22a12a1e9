//! `local backfill`: the operator's function, again and again until it is at the end of the table.

use anyhow::{Context, Result, bail};
use local::accounts;
use serde_json::{Value, json};

use super::print;

/// The function. It has no route.
const OPERATOR: &str = "operator-backfill";

/// Runs the backfill of the stack at `endpoint`, from the beginning or from where one stopped.
pub(crate) async fn run(endpoint: &str, after: Option<String>) -> Result<()> {
    let (mut read, mut entered, mut left) = (0, 0, 0);
    let mut place = after;
    loop {
        let payload = place.as_ref().map_or(json!({}), |place| json!({"after": place}));
        let goes_on = || match &place {
            Some(place) => format!("goes on with --after {place}"),
            None => "begins again without --after".to_owned(),
        };
        let answer = accounts::operate(endpoint, OPERATOR, &payload).await;
        let answer = answer.with_context(goes_on)?;
        let count = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or_default();
        read += count("read");
        entered += count("entered");
        left += count("left");
        print::progress(&format!("{read} items read, {entered} objects entered their lists"));
        place = answer.get("after").and_then(Value::as_str).map(str::to_owned);
        if place.is_none() {
            break;
        }
    }
    print::line(&format!("{read} items read, {entered} objects entered their lists"));
    match left {
        0 => Ok(()),
        left => bail!("{left} objects did not: the function's log says which; run it again"),
    }
}
