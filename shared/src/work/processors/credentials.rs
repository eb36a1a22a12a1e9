//! Secrets of processors: tried, sealed, and opened when the processor is asked.

use crate::{
    base::{error::Error, telemetry::log_failure},
    model::processor::{
        Blame, NOUN, NewProcessor, Outcome, Processor, ProcessorPatch, ProcessorState, Rejection,
        Sealed, Secret,
    },
    work::Work,
};

impl Work {
    /// A new processor, where this deployment has its type, that lets the account in.
    pub async fn new_processor(&self, new: NewProcessor) -> Result<Processor, Error> {
        let (key, webhooks) = (new.secret_key.clone(), new.webhook_secrets.clone());
        let test_in_prod = self.store().test_processor_in_prod();
        let processor = Processor::new(self.record(), new, test_in_prod)?;
        self.entrusted(processor, key.as_ref(), webhooks.as_deref()).await
    }

    /// A processor with the changes a client asks for; another key is tried.
    pub async fn patched_processor(
        &self,
        processor: &Processor,
        patch: ProcessorPatch,
    ) -> Result<Processor, Error> {
        let key = patch.secret_key.value().cloned();
        let webhooks = patch.webhook_secrets.value().cloned();
        let patched = processor.patched(patch)?;
        self.entrusted(patched, key.as_ref(), webhooks.as_deref()).await
    }

    /// The processor with these secrets beside those that it has.
    async fn entrusted(
        &self,
        processor: Processor,
        key: Option<&Secret>,
        webhooks: Option<&[Secret]>,
    ) -> Result<Processor, Error> {
        if key.is_none() && webhooks.is_none() {
            return Ok(processor);
        }
        let outside = self.store().outside();
        if !outside.keeps_secrets() {
            let hint =
                "cannot be stripe: this deployment keeps no secrets (its setting SecretsKey)";
            return Err(Error::rule(NOUN, "type", "not_allowed", hint));
        }
        let seal = |secret: &Secret| outside.seal(processor.id().as_str(), secret.reveal());
        let mut sealed = processor.secrets().cloned().unwrap_or_default();
        if let Some(webhooks) = webhooks {
            sealed.webhook_secrets = webhooks.iter().map(seal).collect::<Result<_, _>>()?;
        }
        let Some(key) = key else { return Ok(processor.sealed(sealed)) };
        sealed = Sealed { secret_key: seal(key)?, ..sealed };
        let processor = processor.sealed(sealed);
        match self.check(&processor).await {
            Outcome::Succeeded { .. } => Ok(processor),
            Outcome::Rejected(Rejection { message, .. }) => {
                let hint = format!("is refused by the processor: {message}");
                Err(Error::rule(NOUN, "secret_key", "refused", &hint))
            }
            other => Err(Error::Busy(format!("a processor's key could not be tried: {other:?}"))),
        }
    }

    /// The key that a processor is asked with.
    pub(crate) fn secret_key(&self, processor: &Processor) -> Result<String, Error> {
        let sealed = processor.secrets().map(|sealed| sealed.secret_key.as_str());
        let missing = || Error::Internal(format!("{} has no key", processor.id()));
        self.store().outside().unseal(processor.id().as_str(), sealed.ok_or_else(missing)?)
    }

    /// What a processor's events may be signed with.
    pub fn webhook_secrets(&self, processor: &Processor) -> Result<Vec<String>, Error> {
        let place = processor.id().as_str();
        let sealed = processor.secrets().map_or(&[][..], |sealed| &sealed.webhook_secrets);
        sealed.iter().map(|one| self.store().outside().unseal(place, one)).collect()
    }

    /// Writes down what an outcome says of the processor itself, if that is new. It is said beside the
    /// outcome and not with it: that others say the same at once keeps no payment from being written.
    pub(crate) async fn note_state(&self, processor: &Processor, outcome: &Outcome) {
        let state = match outcome {
            Outcome::Rejected(Rejection { blame: Blame::Account, .. }) => ProcessorState::Refused,
            Outcome::Succeeded { .. }
            | Outcome::Declined(_)
            | Outcome::ActionNeeded(_)
            | Outcome::Pending { .. } => ProcessorState::Ready,
            // That it refuses the key is known better.
            Outcome::Unreachable(_) if processor.state() == ProcessorState::Ready => {
                ProcessorState::Unavailable
            }
            Outcome::Unreachable(_)
            | Outcome::Rejected(_)
            | Outcome::Cancelled
            | Outcome::Strange(_)
            | Outcome::Unknown(_) => return,
        };
        if let Outcome::Rejected(Rejection { code, message, blame: Blame::Account }) = outcome {
            let said = format!("{}: {code}: {message}", processor.id());
            log_failure("a processor refuses an account", &said);
        }
        let Some(after) = processor.found(state) else { return };
        let mut tx = self.begin();
        tx.update(processor, after);
        match self.commit(tx).await {
            Ok(()) | Err(Error::Stale) => {}
            Err(error) => log_failure("a processor's state is not written", &error.explained()),
        }
    }
}
