//! The account: what a change of it refers to.

use crate::work::Work;
use crate::{
    base::{
        error::Error,
        input::{Faults, Location},
        patch::Change,
    },
    model::account::AccountPatch,
};

impl Work {
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
        faults.settled()
    }
}
