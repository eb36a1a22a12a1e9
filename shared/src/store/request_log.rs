//! The request log: one item for a request, forgotten by the table itself.
//!
//! What failed is apart from what did not, so that a few failures are found among many requests. An account's
//! requests of a kind are one partition in the order of their instants: one query reads the newest of them.
//! A partition takes a thousand writes a second, which is ten times what a token may ask; what is beyond
//! that is not kept.

use super::{Store, Update, key::Key, open, open_partition, tx::owned_by};
use crate::{
    base::{error::Error, id::AccountId},
    model::{
        entity::Entity,
        request_log::{LoggedRequest, Looked, MOST},
        token::Token,
    },
    store::table::{Condition, Outcome, Put, Write},
};

impl Store {
    /// Keeps a request in the log.
    pub async fn keep_request(
        &self,
        account: &AccountId,
        request: &LoggedRequest,
    ) -> Result<(), Error> {
        let key = Key::logged_request(account, request.has_failed(), &request.place());
        open(account, [&key])?;
        let (text, expires_at) = request.kept()?;
        let kept = Update {
            key,
            change: "SET kept = :kept, expires_at = :expires_at",
            condition: "attribute_not_exists(PK)",
            values: vec![(":kept", text.into()), (":expires_at", expires_at.into())],
        };
        // One that is there already is this one: its answer was lost.
        self.update(kept).await.map(|_| ())
    }

    /// The newest requests of the log that are looked at, of each kind at most as many as are looked at for
    /// an answer; the newest first.
    pub async fn logged_requests(
        &self,
        account: &AccountId,
        looked: &Looked,
    ) -> Result<Vec<LoggedRequest>, Error> {
        let newest = async |failed: bool, is_wanted: bool| match is_wanted {
            true => self.newest_requests(account, failed, looked).await,
            false => Ok(Vec::new()),
        };
        let (failed, succeeded) = futures_util::future::try_join(
            newest(true, looked.failed),
            newest(false, looked.succeeded),
        )
        .await?;
        let mut all = [failed, succeeded].concat();
        all.sort_by_key(|request| std::cmp::Reverse(request.place()));
        Ok(all)
    }

    async fn newest_requests(
        &self,
        account: &AccountId,
        failed: bool,
        looked: &Looked,
    ) -> Result<Vec<LoggedRequest>, Error> {
        let pk = Key::request_log(account, failed);
        open_partition(account, &pk)?;
        // No place is an instant alone: that of `to` and above are not among them.
        let (from, to) = (looked.from.to_string(), looked.to.to_string());
        let items = self.table.newest(&pk, (&from, &to), MOST).await?;
        items.iter().map(LoggedRequest::read).collect()
    }

    /// Writes the look-up of a token anew, if the token still has one.
    pub async fn renew_look_up(&self, account: &AccountId, token: &Token) -> Result<(), Error> {
        let id = token.id().as_str();
        for companion in token.companions()? {
            let key = Key::companion(account, &companion.place);
            let item = owned_by(companion.item, id);
            let put = Put::guarded(key, item, Condition::OwnedBy(id.to_owned()));
            if let Outcome::Unknown = self.write_once(account, Write::Put(put)).await? {
                return Err(Error::Busy(format!("the look-up of {id} could not be written")));
            }
        }
        Ok(())
    }
}
