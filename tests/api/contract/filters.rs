//! Filters of lists: `status` is another name of `state`, on every list that has both.

use super::world::{World, fill};

/// The words that a refused `state` is told.
fn words(detail: &str) -> Vec<&str> {
    let (_, words) = detail.split_once("must be one of ").unwrap_or_else(|| panic!("{detail}"));
    words.split(", ").collect()
}

#[tokio::test]
async fn status_beside_state_is_the_same_word_or_refused() {
    let world = World::start().await;
    let client = world.api.client_of(&world.own);
    let mut lists = 0;
    for list in &world.operations {
        let has = |name: &str| list.parameters.iter().any(|one| one == name);
        if !(has("state") && has("status")) {
            continue;
        }
        lists += 1;
        let path = fill(&list.path, "", &world.ids(list, &world.own).await);
        let ask = async |query: &str| client.get(&format!("{path}?{query}")).await;
        let unknown = ask("state=nonsense").await.refused(400);
        let detail = unknown.body["errors"][0]["detail"].as_str().unwrap();
        let words = words(detail);
        let (one, other) = (words[0], words[1]);
        for query in [
            format!("state={one}"),
            format!("status={one}"),
            format!("state={one}&status={one}"),
            format!("status={one}&state={one}"),
        ] {
            ask(&query).await.ok();
        }
        let refused = ask(&format!("state={one}&status={other}")).await.refused(400);
        assert_eq!(refused.faults(), ["?status not_combinable"], "{}", list.path);
        let detail = "Parameter status is another than state; send one of the two";
        assert_eq!(refused.body["errors"][0]["detail"], detail, "{}", list.path);
    }
    assert!(lists >= 5, "only {lists} lists have both");
}
