//! How a processor is asked: the one place that knows its adapters.

use crate::{
    base::id::CustomerId,
    model::processor::{
        Lost, Processor, ProcessorType,
        boundary::{Attaching, Charge, NewCard, Opened, Outcome, RefundOrder, Standing, Told},
        wire::{Attachment, Disputed, Envelope, Request, Response},
    },
    work::{
        Work,
        processors::{stripe::Stripe, test::TestProcessor},
    },
};

impl Work {
    /// Prepares a charge at a processor that takes two steps.
    pub async fn open(&self, processor: &Processor, charge: &Charge) -> Opened {
        Opened::of(self.exchange(processor, Request::Open(charge.order())).await)
    }

    /// Asks for a charge.
    pub async fn charge(&self, processor: &Processor, charge: &Charge) -> Outcome {
        Outcome::of(self.exchange(processor, Request::Charge(charge.order())).await)
    }

    /// Gives up a charge that was asked for and can still be paid. Where somebody was faster, the
    /// outcome says so.
    pub async fn cancel(&self, processor: &Processor, charge: &Charge) -> Outcome {
        Outcome::of(self.exchange(processor, Request::Cancel(charge.order())).await)
    }

    /// Asks what became of a charge.
    pub async fn charge_outcome(&self, processor: &Processor, charge: &Charge) -> Told {
        Told::of(self.exchange(processor, Request::FindCharge(charge.order())).await)
    }

    /// Asks for a refund.
    pub async fn refund_at(&self, processor: &Processor, refund: &RefundOrder) -> Outcome {
        let refund = refund.clone();
        let request = Request::Refund {
            idempotency_key: refund.key,
            charge: refund.charge,
            amount: refund.amount,
            currency: refund.currency,
        };
        Outcome::of(self.exchange(processor, request).await)
    }

    /// Asks what became of a refund.
    pub async fn refund_outcome(&self, processor: &Processor, refund: &RefundOrder) -> Told {
        let (idempotency_key, charge) = (refund.key.clone(), refund.charge.clone());
        Told::of(self.exchange(processor, Request::FindRefund { idempotency_key, charge }).await)
    }

    /// Asks what has become of a dispute. None, where there is no such dispute of a charge of ours.
    pub(crate) async fn dispute_at(
        &self,
        processor: &Processor,
        reference: &str,
    ) -> Result<Option<Disputed>, Lost> {
        let request = Request::FindDispute { reference: reference.to_owned() };
        match self.exchange(processor, request).await? {
            Response::Disputed(disputed) => Ok(Some(*disputed)),
            Response::NotFound => Ok(None),
            other => Err(Lost(format!("a dispute was answered with {other:?}"))),
        }
    }

    /// Asks which charges of ours have been disputed since a second of real time: the processor's names
    /// for the disputes.
    pub(crate) async fn disputes_since(
        &self,
        processor: &Processor,
        since: i64,
    ) -> Result<Vec<String>, Lost> {
        match self.exchange(processor, Request::FindDisputes { since }).await? {
            Response::Disputes { references } => Ok(references),
            other => Err(Lost(format!("a list of disputes was answered with {other:?}"))),
        }
    }

    /// Has the card that a token of the processor's client-side library stands for charged from now
    /// on.
    pub(crate) async fn attach(
        &self,
        processor: &Processor,
        customer: &CustomerId,
        card: NewCard,
    ) -> Attaching {
        let NewCard { token, payer, keeps, return_url } = card;
        let payer_key = self.payer_key(processor, customer);
        let card = Attachment { token, payer, payer_key, keeps, return_url };
        Attaching::of(self.exchange(processor, Request::Attach(card)).await)
    }

    /// Asks what has become of a card that was to be the customer's from now on.
    pub(crate) async fn setup_outcome(
        &self,
        processor: &Processor,
        customer: &CustomerId,
        reference: &str,
    ) -> Attaching {
        let (reference, payer_key) = (reference.to_owned(), self.payer_key(processor, customer));
        let request = Request::FindSetup { reference, payer_key };
        Attaching::of(self.exchange(processor, request).await)
    }

    /// Asks what has become of a card that was attached.
    pub(crate) async fn standing(
        &self,
        processor: &Processor,
        source: &str,
    ) -> Result<Standing, Lost> {
        let request = Request::FindMethod { source: source.to_owned() };
        Standing::of(self.exchange(processor, request).await)
    }

    /// Who pays, by ours: what `customer_in` reads.
    fn payer_key(&self, processor: &Processor, customer: &CustomerId) -> String {
        format!("{}:{}:{customer}", self.account(), processor.id())
    }

    /// Has a payment method charged no more.
    pub(crate) async fn detach(&self, processor: &Processor, source: &str) -> Result<(), Lost> {
        self.let_go(processor, Request::Detach { source: source.to_owned() }).await
    }

    /// Has a payer, by the processor's name, charged no more by whatever they have there.
    pub(crate) async fn forget_payer(
        &self,
        processor: &Processor,
        payer: &str,
    ) -> Result<(), Lost> {
        self.let_go(processor, Request::Forget { payer: payer.to_owned() }).await
    }

    async fn let_go(&self, processor: &Processor, request: Request) -> Result<(), Lost> {
        match self.exchange(processor, request).await? {
            Response::Detached => Ok(()),
            other => Err(Lost(format!("letting go was answered with {other:?}"))),
        }
    }

    /// Whether a processor lets the account in.
    pub(crate) async fn check(&self, processor: &Processor) -> Outcome {
        match self.exchange(processor, Request::Check).await {
            Ok(Response::Ready) => Outcome::Succeeded { reference: String::new(), taken: None },
            answer => Outcome::of(answer),
        }
    }

    /// There and back: text goes, and text comes or does not.
    async fn exchange(&self, processor: &Processor, request: Request) -> Result<Response, Lost> {
        if self.imagined().is_some() {
            return Err(Lost("what is only imagined is nothing to ask about".to_owned()));
        }
        let lost = |error: serde_json::Error| Lost(format!("a processor's document: {error}"));
        let envelope = Envelope { merchant: processor.id().to_string(), request };
        let sent = serde_json::to_string(&envelope).map_err(lost)?;
        let received = match processor.r#type {
            ProcessorType::Test => {
                TestProcessor::new(self.store(), processor.account_id()).receive(&sent).await?
            }
            ProcessorType::Stripe => {
                let key = self.secret_key(processor).map_err(|error| Lost(error.explained()))?;
                Stripe::new(self.store().outside(), &key).receive(&sent).await?
            }
        };
        serde_json::from_str(&received).map_err(lost)
    }
}
