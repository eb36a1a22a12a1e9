//! Products: one that has prices stays.

use crate::work::Work;
use crate::{base::error::Error, model::product::Product, store::Tx};

impl Work {
    /// Begins the deletion of a product, which must have no prices.
    pub async fn begin_product_deletion(&self, product: &Product) -> Result<Tx, Error> {
        let mark = self.store().mark(self.account(), product.id()).await?;
        if mark.is_some() {
            let hint = "has prices and cannot be deleted; archive it: PATCH it with active false";
            return Err(Error::not_now(NOUN, "in_use", hint));
        }
        let mut tx = self.begin_asked();
        tx.unmark(product.id(), mark);
        Ok(tx)
    }
}

const NOUN: &str = "product";
