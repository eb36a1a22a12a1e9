//! The account: what a change of it refers to, and whom it tells.
//!
//! Whether requests are logged stands in the look-up of each token, so that a request has to read nothing for
//! it. A change of that is told to the look-ups once the account has it, one by one: each is the same however
//! often it is written, so whoever sends the change again ends what somebody else has begun.

use crate::work::{Work, answer::Reply};
use crate::{
    base::{
        error::Error,
        input::{Faults, Location},
        patch::Change,
        time::Clock,
    },
    model::{
        account::{Account, AccountPatch},
        entity::Entity,
        list::List,
        price::Price,
        token::Token,
    },
};

/// How often the look-ups are written anew while somebody else changes the setting.
const ATTEMPTS: u32 = 4;

impl Work {
    /// Changes the account, and tells its tokens what they have to know of that.
    pub async fn update_account(&self, account: Account, patch: AccountPatch) -> Reply<Account> {
        self.account_references(&patch).await?;
        let says = patch.request_logging.value().is_some();
        let mut tx = self.begin_asked();
        let after = tx.update(&account, account.patched(patch));
        let answer = self.commit_and_answer(tx, after).await?;
        if says {
            self.tell_tokens().await?;
        }
        Ok(answer)
    }

    /// Tells the look-ups of all tokens that work whether requests are logged, as the account says it now.
    /// A token that is made meanwhile is made on the condition of the account as it was read.
    async fn tell_tokens(&self) -> Result<(), Error> {
        for _ in 0..ATTEMPTS {
            let account = self.own_account().await?;
            let all: Vec<Token> = self.every(&List::all(Token::RESOURCE)).await?;
            for token in all.into_iter().filter(|token| token.works(Clock.now())) {
                let token = token.limited_by(account.rate_limits());
                self.store().renew_look_up(self.account(), &token).await?;
            }
            if self.own_account().await?.request_logging() == account.request_logging() {
                return Ok(());
            }
        }
        Err(Error::Contended)
    }

    /// Checks what a change of the account refers to.
    pub async fn account_references(&self, patch: &AccountPatch) -> Result<(), Error> {
        let (body, mut faults) = (Location::body("account"), Faults::default());
        let at = body.field("default_processor_id");
        self.refers_to(&patch.default_processor_id, &at, &mut faults).await?;
        let (at, rates) = (body.field("default_tax_rate_ids"), &patch.default_tax_rate_ids);
        self.named_tax_rates(rates.value(), &at, &mut faults).await?;
        if let Change::To(brand) = &patch.brand {
            brand.check(&body.field("brand"), &mut faults);
        }
        if let Change::To(portal) = &patch.portal {
            let at = body.field("portal");
            let at = at.field("plan_price_ids");
            for (index, id) in portal.plans().iter().enumerate() {
                let place = at.index(index);
                let price: Option<Price> = self.referred(id, &place, &mut faults).await?;
                if price.is_some_and(|price| price.interval().is_none()) {
                    let hint = "names a price that is paid once: nobody subscribes to it";
                    faults.not_valid(&place, "not_recurring", hint);
                }
            }
        }
        faults.settled()
    }
}
