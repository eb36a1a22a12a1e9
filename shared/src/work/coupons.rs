//! Coupons: who may delete one, and who redeems one.
//!
//! What redeems reads first and decides; the count is written with what the redemption is for, in one
//! transaction, on the condition that nobody else has counted since. So no limit is ever exceeded.

use std::collections::BTreeMap;

use crate::base::id::CustomerId;
use crate::base::id::PromotionCodeId;
use crate::base::input::Location;
use crate::model::promotion_code::{Code, PromotionCode};
use crate::model::{coupon::Refusal, redemption::Redemption};
use crate::work::Work;
use crate::{
    base::{error::Error, id::CouponId, input::Faults},
    model::{
        coupon::{Coupon, NOUN},
        promotion_code::of_coupon,
    },
    store::{Members, Tx},
};

impl Work {
    /// Begins the deletion of a coupon, which must have no promotion codes.
    pub async fn begin_coupon_deletion(&self, coupon: &Coupon) -> Result<Tx, Error> {
        match self.store().members(self.account(), &of_coupon(coupon.id())).await? {
            Members::Some(codes) => {
                let hint = format!(
                    "has {codes} promotion codes and cannot be deleted; delete them first, or end \
                     it: PATCH it with active false"
                );
                Err(Error::not_now(NOUN, "in_use", &hint))
            }
            Members::Nobody(nobody) => {
                let mut tx = self.begin_asked();
                tx.while_none_in(nobody);
                Ok(tx)
            }
        }
    }
}

/// Counts a redemption, in the transaction of what it is for.
pub fn redeem(tx: &mut Tx, redemption: &Redemption) {
    let coupon = redemption.coupon();
    tx.update(coupon, coupon.counted());
    if let Some(code) = redemption.promotion_code() {
        tx.update(code, code.counted());
    }
}

impl Work {
    /// Takes redemptions back, in the transaction of what undoes what they were for.
    pub(crate) async fn redemptions_undone(
        &self,
        tx: &mut Tx,
        redeemed: &[(CouponId, Option<PromotionCodeId>)],
    ) -> Result<(), Error> {
        let mut coupons: BTreeMap<&CouponId, usize> = BTreeMap::new();
        let mut codes: BTreeMap<&PromotionCodeId, usize> = BTreeMap::new();
        for (coupon, code) in redeemed {
            *coupons.entry(coupon).or_default() += 1;
            if let Some(code) = code {
                *codes.entry(code).or_default() += 1;
            }
        }
        for (id, times) in coupons {
            let coupon: Option<Coupon> = self.look_for(id).await?;
            if let Some(coupon) = coupon {
                tx.update(&coupon, (0..times).fold(coupon.clone(), |one, _| one.uncounted()));
            }
        }
        for (id, times) in codes {
            let code: Option<PromotionCode> = self.look_for(id).await?;
            if let Some(code) = code {
                tx.update(&code, (0..times).fold(code.clone(), |one, _| one.uncounted()));
            }
        }
        Ok(())
    }

    /// Takes a redemption back, in the transaction of what undoes what it was for.
    pub async fn redemption_undone(
        &self,
        tx: &mut Tx,
        coupon: &CouponId,
        code: Option<&PromotionCodeId>,
    ) -> Result<(), Error> {
        self.redemptions_undone(tx, &[(coupon.clone(), code.cloned())]).await
    }

    /// What a request whose fields `coupon_id` and `promotion_code` are these redeems for `customer`,
    /// if anything. Why it cannot is noted at the field it named.
    pub async fn redemption(
        &self,
        body: &Location<'_>,
        (coupon, code): (Option<&CouponId>, Option<&Code>),
        customer: Option<&CustomerId>,
        faults: &mut Faults,
    ) -> Result<Option<Redemption>, Error> {
        let (of_coupon, of_code) = (body.field("coupon_id"), body.field("promotion_code"));
        let (at, named, code) = match (coupon, code) {
            (None, None) => return Ok(None),
            (Some(coupon), None) => (of_coupon, Some(coupon.clone()), None),
            (None, Some(code)) => {
                let found = self.store().promotion_code_named(self.account(), code).await?;
                (of_code, found.as_ref().map(|found| found.coupon_id().clone()), found)
            }
            (Some(_), Some(_)) => {
                let hint = "cannot be given beside coupon_id: a code stands for its coupon";
                faults.not_valid(&of_code, "not_allowed", hint);
                return Ok(None);
            }
        };
        let coupon = match named {
            Some(coupon) => self.look_for(&coupon).await?,
            None => None,
        };
        let refusal = match coupon {
            None => Refusal::of_nothing(),
            Some(coupon) => match Redemption::new(coupon, code, customer, self.now()) {
                Ok(redemption) => return Ok(Some(redemption)),
                Err(refusal) => refusal,
            },
        };
        faults.not_valid(&at, refusal.code, &refusal.hint);
        Ok(None)
    }
}
