//! What was stored by an earlier program is still read: an account's items as they were written on the
//! day that the file is named after, read by the auditor, which knows every kind of object.
//!
//! The file is never written anew. A shape that changes gets a file more, made by the program before
//! the change; a test that fails here says that objects in somebody's table can no longer be read.

use serde_json::Value;

use crate::{
    client::{Api, root},
    later_filters::backfill,
};

#[tokio::test]
async fn an_account_of_an_earlier_program_is_read_and_audited() {
    let folder = root().join("tests/api/stored");
    let files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let items: Vec<Value> =
            serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert!(items.len() > 100, "{} has an account in it", file.display());
        let api = Api::start().await;
        api.put_items(&items).await;
        // Filters have come since.
        let (entered, left) = backfill(&api).await;
        assert!(entered > 0 && left == 0, "{entered} {left}");
        api.audit().await;
    }
}
