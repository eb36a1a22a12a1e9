//! `POST /api/subscriptions/{id}/items`: change the items of a subscription, all or none.

use std::process::ExitCode;

use shared::{
    http::{Body, Context, Found, serve},
    model::{
        auth::Scope,
        subscription::{ItemsChange, ItemsChanged, Subscription},
    },
    work::answer::Reply,
};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> ExitCode {
    serve(Scope::SubscriptionsWrite, change_items).await
}

async fn change_items(
    cx: Context,
    Found(subscription): Found<Subscription>,
    Body(request): Body<ItemsChange>,
) -> Reply<ItemsChanged> {
    cx.work().change_items(subscription, request).await
}
