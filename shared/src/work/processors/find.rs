//! Which processor takes a payment: the one that is named, or the account's default.

use crate::{
    base::{error::Error, id::ProcessorId},
    model::{account::Account, processor::Processor},
    work::Work,
};

impl Work {
    /// The active processor that the field `processor_id` of a `noun` names, or else the account's
    /// default.
    pub async fn processor_or_default(
        &self,
        named: Option<&ProcessorId>,
        noun: &'static str,
    ) -> Result<Processor, Error> {
        let refused = |code: &str, hint: &str| Error::rule(noun, "processor_id", code, hint);
        let id = match named {
            Some(id) => id.clone(),
            None => {
                let account: Account = self.find(self.account()).await?;
                let hint = "is required: the account has no default_processor_id";
                account.default_processor_id().cloned().ok_or_else(|| refused("required", hint))?
            }
        };
        let found: Option<Processor> = self.look_for(&id).await?;
        let hint = match named {
            Some(_) => "names a processor that does not exist",
            None => "is required: the account's default processor does not exist any more",
        };
        let processor = found.ok_or_else(|| refused("no_such_object", hint))?;
        match processor.active {
            true => Ok(processor),
            false => Err(refused("not_active", "names a processor that is not active")),
        }
    }
}
