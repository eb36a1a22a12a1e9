//! Objects that are found by something other than their id.

use serde_json::Value;

use crate::{
    base::{
        error::Error,
        id::{AccountId, Environment, PaymentMethodId, ProcessorId},
        time::{Moment, Timestamp},
    },
    model::{
        auth::HashedToken,
        custom_field::CustomFieldDefinition,
        dispute::{self, Dispute},
        entity::{Item, decode},
        entity_type::EntityType,
        external_id::{ExternalId, ExternallyNamed, unique_within},
        passkey::{self, Passkey},
        payment_method,
        promotion_code::{CLAIM, Code, PromotionCode},
        rate_limit::Bucket,
        test_clock::AccountClock,
        token::{LookUp, Token},
    },
    store::{Consistency, Store, key::Key},
};

impl Store {
    /// The account's promotion code that is written like this, in any case.
    pub async fn promotion_code_named(
        &self,
        account: &AccountId,
        code: &Code,
    ) -> Result<Option<PromotionCode>, Error> {
        match self.owner(account, &Key::unique(account, CLAIM, &code.folded())).await? {
            Some(id) => self.find(account, &id).await,
            None => Ok(None),
        }
    }
}

impl Store {
    /// The account's dispute that its processor calls `reference`.
    pub(crate) async fn dispute_named(
        &self,
        account: &AccountId,
        processor: &ProcessorId,
        reference: &str,
    ) -> Result<Option<Dispute>, Error> {
        let name = dispute::claimed(processor, reference);
        match self.owner(account, &Key::unique(account, dispute::CLAIM, &name)).await? {
            Some(id) => self.find(account, &id).await,
            None => Ok(None),
        }
    }

    /// Which payment method has claimed its processor's name for a card. It may have been removed since.
    pub(crate) async fn owner_of_source(
        &self,
        account: &AccountId,
        processor: &ProcessorId,
        source: &str,
    ) -> Result<Option<PaymentMethodId>, Error> {
        let name = payment_method::claimed(processor, source);
        self.owner(account, &Key::unique(account, payment_method::CLAIM, &name)).await
    }

    /// The account's object that its caller calls so. One that was called so when the claim was read,
    /// and is called otherwise by the time that it is read itself, is not there.
    pub async fn externally_named<E: ExternallyNamed>(
        &self,
        account: &AccountId,
        id: &ExternalId,
    ) -> Result<Option<E>, Error> {
        let claim = Key::unique(account, &unique_within(E::RESOURCE), id.as_str());
        let Some(owner) = self.owner(account, &claim).await? else { return Ok(None) };
        let found: Option<E> = self.find(account, &owner).await?;
        Ok(found.filter(|one| one.external_id() == Some(id)))
    }
}

impl Store {
    /// The account's passkey that its authenticator calls so, in base64url.
    pub async fn passkey_called(
        &self,
        account: &AccountId,
        credential_id: &str,
    ) -> Result<Option<Passkey>, Error> {
        let (what, value) = passkey::claim(credential_id);
        match self.owner(account, &Key::unique(account, what, &value)).await? {
            Some(id) => self.find(account, &id).await,
            None => Ok(None),
        }
    }
}

impl Store {
    /// Whose a processor is that sends events.
    pub async fn account_of_processor(&self, id: &ProcessorId) -> Result<Option<AccountId>, Error> {
        let item = self.look_up(&Key::processor(id)).await?;
        let account = item.as_ref().and_then(|item| item.get("account_id")?.as_str());
        Ok(account.and_then(|account| account.parse().ok()))
    }

    /// The look-up of a token that works.
    pub async fn token_look_up(&self, token: &HashedToken) -> Result<Option<LookUp>, Error> {
        let item: Option<Item> = self.look_up(&Key::token(token)).await?;
        item.map(crate::model::entity::decode).transpose()
    }

    /// The token with `last_used_at` filled in.
    pub async fn with_last_use(&self, account: &AccountId, token: Token) -> Result<Token, Error> {
        self.all_with_last_use(account, vec![token]).await?.pop().ok_or(Error::NotFound)
    }

    /// The tokens with `last_used_at` filled in. It is read from their rate limits' buckets, which
    /// every use of a token touches anyway: knowing it costs no write.
    pub async fn all_with_last_use(
        &self,
        account: &AccountId,
        mut tokens: Vec<Token>,
    ) -> Result<Vec<Token>, Error> {
        let keys: Vec<Key> = tokens
            .iter()
            .flat_map(|token| Bucket::ALL.iter().map(|bucket| (token.id(), bucket)))
            .map(|(id, bucket)| Key::rate_limit(id, bucket.as_str()))
            .collect();
        for item in self.batch_get(account, &keys, Consistency::Eventual).await? {
            let used = item.get("used_at").and_then(|used| used.as_i64());
            let used = used.and_then(Timestamp::from_millis);
            let pk = item.get("PK").and_then(|pk| pk.as_str()).unwrap_or_default();
            let of_this = |token: &&mut Token| pk.split('#').nth(1) == Some(token.id().as_str());
            if let Some(token) = tokens.iter_mut().find(of_this) {
                token.last_used_at = token.last_used_at.max(used);
            }
        }
        Ok(tokens)
    }
}

impl Store {
    /// The account's definitions for one type of object, by key.
    pub async fn custom_field_definitions(
        &self,
        account: &AccountId,
        entity_type: EntityType,
    ) -> Result<Vec<CustomFieldDefinition>, Error> {
        let claim = CustomFieldDefinition::claim(entity_type);
        let partition = Key::unique_partition(account, &claim);
        let items = self.query(account, &partition, "!", "~").await?;
        items
            .into_iter()
            .filter_map(|mut item| item.remove("definition"))
            .map(|definition| match definition {
                Value::Object(definition) => crate::model::entity::decode(definition),
                other => Err(Error::Internal(format!("not a definition: {other}"))),
            })
            .collect()
    }
}

impl Store {
    /// Where an account stands at `now` of real time: only a staging account has a clock of its own.
    pub async fn moment_of(&self, account: &AccountId, now: Timestamp) -> Result<Moment, Error> {
        match account.environment() {
            Environment::Prod => Ok(now.into()),
            Environment::Stg => Ok(self.clock_of(account).await?.moment(now)),
        }
    }

    /// The clock of a staging account.
    pub async fn clock_of(&self, account: &AccountId) -> Result<AccountClock, Error> {
        match self.get(account, &Key::clock(account)).await? {
            Some(item) => decode(item),
            None => Ok(AccountClock::running(account.clone())),
        }
    }
}
