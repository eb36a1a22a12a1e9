//! The request log of an account: what is asked of it.

use crate::{
    base::time::Clock,
    model::request_log::{RequestGroupPage, RequestGroupQuery, RequestLogPage, RequestLogQuery},
    work::{
        Work,
        answer::{Answer, Reply},
    },
};

impl Work {
    /// The requests that are asked for, the newest first.
    pub async fn logged_requests(&self, query: &RequestLogQuery) -> Reply<RequestLogPage> {
        let looked = query.looked(Clock.now())?;
        let mut requests = self.store().logged_requests(self.account(), &looked).await?;
        requests.retain(|request| query.wants(request));
        Answer::of(&RequestLogPage::of(requests, query.page()), None)
    }

    /// The groups of the requests that are asked for, the one with the newest request first.
    pub async fn request_groups(&self, query: &RequestGroupQuery) -> Reply<RequestGroupPage> {
        let looked = query.looked(Clock.now())?;
        let requests = self.store().logged_requests(self.account(), &looked).await?;
        Answer::of(&RequestGroupPage::of(&requests, query.page()), None)
    }
}
