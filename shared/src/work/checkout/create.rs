//! A new session: what it refers to, and what it comes to.

use crate::work::Work;
use crate::{
    base::{
        error::Error,
        hash::random_text,
        id::ProcessorRouteId,
        input::{Faults, Integer, Location, Several},
        money::{Atoms, Currency},
    },
    model::{
        billing::discount::Reduction,
        checkout::{
            CascadeStatus, CascadeTier, CheckoutMode, CheckoutSession, CheckoutState, LineItem,
            NewCascadeTier, NewLineItem, ParamsForSub, Settings, TierState, TokenizationMode,
            Totals,
            create::{MOST_TIERS, NewCheckoutSession},
            offer::{self, Terms},
        },
        custom_field::FieldValues,
        customer::Customer,
        entity_type::EntityType,
        payment_link::PaymentLink,
        priced::Priced,
        processor::ProcessorRoute,
        redemption::Redemption,
    },
    work::processors::payable::is_strange,
};

impl Work {
    /// A new session, with what it refers to checked.
    pub async fn new_checkout_session(
        &self,
        new: NewCheckoutSession,
    ) -> Result<CheckoutSession, Error> {
        self.new_session_of(new, None, &Location::body("checkout session")).await
    }

    /// The same, where somebody has opened a link, or asks for one. `body` is what was sent.
    pub(crate) async fn new_session_of(
        &self,
        mut new: NewCheckoutSession,
        link: Option<&PaymentLink>,
        body: &Location<'_>,
    ) -> Result<CheckoutSession, Error> {
        let mut faults = Faults::default();
        new.check(body, &mut faults);
        let lines = lines_of(new.line_items.take());
        let tiers = tiers_of(new.cascade_line_items.take());
        let mut references =
            self.session_references(&new, (&lines, &tiers), body, &mut faults).await?;
        faults.settled()?;
        references.trial |= link.is_some_and(|link| link.free_trial_days().is_some());
        let tiers = Some(tiers).filter(|tiers| !tiers.is_empty());
        let session = self.session(new, lines, tiers, &references);
        let session = session.priced_at(|lines| references.totals(lines))?;
        self.must_be_charged(&session).await?;
        Ok(match link {
            Some(link) => link.opened(session),
            None => session,
        })
    }

    /// Refuses what comes to an amount that the processor does not take who would be asked for it.
    async fn must_be_charged(&self, session: &CheckoutSession) -> Result<(), Error> {
        let Some(currency) = session.currency else { return Ok(()) };
        if !is_strange(session.offered_total(), currency) {
            return Ok(());
        }
        let first = self.first_processor(session).await?;
        let account = self.own_account().await?;
        let Some(id) = first.as_ref().or(account.default_processor_id()) else { return Ok(()) };
        let money = (session.offered_total(), currency);
        self.must_be_payable(id, money, ("total of the checkout session", None)).await
    }

    fn session(
        &self,
        new: NewCheckoutSession,
        line_items: Vec<LineItem>,
        cascade_tiers: Option<Vec<CascadeTier>>,
        references: &References,
    ) -> CheckoutSession {
        let record = self.record();
        let success_url = new.success_url.with(PLACEHOLDER, record.id.as_str());
        // It names its session, so that a page needs nothing beside it.
        let secret = random_text::<32>();
        let secure_token = format!("{}_secret_{secret}", record.id);
        let hours = new.expires_in_hours.map_or(HOURS, Integer::get);
        let session = CheckoutSession {
            declines: 0,
            is_paid: false,
            introduced: false,
            payment_status: None,
            mode: new.mode.unwrap_or(CheckoutMode::Payment),
            state: CheckoutState::Open,
            completed: None,
            is_expired: None,
            secure_token,
            expires_in_hours: hours,
            expires_at: self.now().plus_hours(hours),
            url: None,
            success_url,
            return_url: new.return_url,
            customer_id: None,
            customer_email: None,
            currency: references.currency,
            line_items,
            amount_subtotal_atom: Atoms::ZERO,
            amount_discount_atom: Atoms::ZERO,
            amount_tax_atom: Atoms::ZERO,
            amount_total_atom: Atoms::ZERO,
            coupon_id: new.coupon_id,
            promotion_code: new.promotion_code,
            allow_promotion_codes: new.allow_promotion_codes == Some(true),
            card_tokenization_mode: TokenizationMode::Direct,
            card_checkout_settings: new.card_checkout_settings,
            processor_route_id: new.processor_route_id,
            cascade_status: cascade_tiers
                .as_ref()
                .map(|tiers| CascadeStatus { current_tier: 0, total_tiers: tiers.len() }),
            cascade_tiers,
            setup_preferences: new.setup_preferences,
            params_for_sub: new.params_for_sub.map(|params| ParamsForSub {
                custom_fields: Settings::of(params.custom_fields.as_sent()),
            }),
            subscription_id: None,
            invoice_id: None,
            payment_intent_id: None,
            payment_method_id: None,
            payment_link_id: None,
            free_trial_days: None,
            completed_at: None,
            metadata: new.metadata,
            custom_fields: references.fields.clone(),
            subscription_fields: references.subscription_fields.clone(),
            attempt: None,
            presented: None,
            waits_until: None,
            record,
        };
        match &references.customer {
            Some(customer) => session.of(customer),
            None => session,
        }
    }

    async fn session_references(
        &self,
        new: &NewCheckoutSession,
        (lines, tiers): (&[LineItem], &[CascadeTier]),
        body: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<References, Error> {
        let work = self;
        let customer: Option<Customer> = match &new.customer_id {
            Some(id) => work.referred(id, &body.field("customer_id"), faults).await?,
            None => None,
        };
        let all = lines.iter().chain(tiers.iter().flat_map(|tier| &tier.line_items));
        let ids: Vec<_> = all.map(|line| line.price_id.clone()).collect();
        let prices = work.billable(new.customer_id.as_ref(), &ids).await?;
        let terms = offer::terms_of(lines, &prices);
        if new.sells() {
            check_offers((lines, tiers), &prices, terms, body, faults);
        }
        let currency = terms.map(|terms| terms.currency);
        let route = (new.processor_route_id.as_ref(), &body.field("processor_route_id"));
        self.check_route(route, currency, faults).await?;
        for (index, tier) in tiers.iter().enumerate() {
            let (tiers_at, route) = (body.field("cascade_line_items"), &tier.processor_route_id);
            let tier_at = tiers_at.index(index);
            let at = tier_at.field("processor_route_id");
            self.check_route((route.as_ref(), &at), currency, faults).await?;
        }
        let coupon = (new.coupon_id.as_ref(), new.promotion_code.as_ref());
        let buyer = new.customer_id.as_ref();
        let redemption = work.redemption(body, coupon, buyer, faults).await?;
        if let Some((redemption, currency)) = redemption.as_ref().zip(currency) {
            let subscribes = terms.is_some_and(|terms| terms.interval.is_some());
            redemption.check_fit((currency, subscribes), body, faults);
        }
        self.check_sellable(new, (lines, tiers), (&prices, body), faults).await?;
        let (reduction, trial) = reduction_of(redemption.as_ref(), currency);
        let own =
            self.custom_fields(EntityType::CheckoutSession, &new.custom_fields, faults).await?;
        let subscription_fields = self.fields_for_sub(new, body, faults).await?;
        let fields = own.apply(FieldValues::new());
        Ok(References { customer, currency, prices, reduction, trial, fields, subscription_fields })
    }

    /// Notes recurring prices that nobody could be charged for: neither the account nor a route says
    /// by which processor.
    async fn check_sellable(
        &self,
        new: &NewCheckoutSession,
        (lines, tiers): (&[LineItem], &[CascadeTier]),
        (prices, body): (&Priced, &Location<'_>),
        faults: &mut Faults,
    ) -> Result<(), Error> {
        let account = self.own_account().await?;
        if account.default_processor_id().is_some() || new.processor_route_id.is_some() {
            return Ok(());
        }
        offer::check_processor(lines, prices, &body.field("line_items"), faults);
        for (index, tier) in tiers.iter().enumerate() {
            if tier.processor_route_id.is_none() {
                let tiers_at = body.field("cascade_line_items");
                let tier_at = tiers_at.index(index);
                let at = tier_at.field("line_items");
                offer::check_processor(&tier.line_items, prices, &at, faults);
            }
        }
        Ok(())
    }

    async fn check_route(
        &self,
        (route, at): (Option<&ProcessorRouteId>, &Location<'_>),
        currency: Option<Currency>,
        faults: &mut Faults,
    ) -> Result<(), Error> {
        let Some(id) = route else { return Ok(()) };
        let route: Option<ProcessorRoute> = self.referred(id, at, faults).await?;
        let takes = |currency| route.as_ref().is_none_or(|route| route.takes(currency));
        if !currency.is_none_or(takes) {
            let hint = "names a route that is not active, or not for this currency";
            faults.not_valid(at, "not_usable", hint);
        }
        Ok(())
    }

    async fn fields_for_sub(
        &self,
        new: &NewCheckoutSession,
        body: &Location<'_>,
        faults: &mut Faults,
    ) -> Result<FieldValues, Error> {
        let Some(params) = new.params_for_sub.as_ref().filter(|one| !one.custom_fields.is_empty())
        else {
            return Ok(FieldValues::new());
        };
        let of_type = EntityType::Subscription;
        let known = self.store().custom_field_definitions(self.account(), of_type).await?;
        let params_at = body.field("params_for_sub");
        let at = params_at.field("custom_fields");
        let resolved = params.custom_fields.resolved_at(&known, &at, faults);
        Ok(resolved.apply(FieldValues::new()))
    }
}

/// How long there is to complete a session that does not say.
const HOURS: i64 = 24;

/// What `success_url` may hold in the place of the session's id.
const PLACEHOLDER: &str = "{CHECKOUT_SESSION_ID}";

/// What a new session refers to, read and checked.
struct References {
    customer: Option<Customer>,
    currency: Option<Currency>,
    prices: Priced,
    reduction: Option<Reduction>,
    /// Whether the coupon or the link puts a trial before what is recurring.
    trial: bool,
    fields: FieldValues,
    subscription_fields: FieldValues,
}

impl References {
    fn totals(&self, lines: &[LineItem]) -> Result<Totals, Error> {
        offer::totals(lines, &self.prices, self.reduction.as_ref(), self.trial)
    }
}

fn tiers_of(tiers: Option<Vec<NewCascadeTier>>) -> Vec<CascadeTier> {
    let tiers = tiers.unwrap_or_default().into_iter().take(MOST_TIERS);
    tiers
        .map(|tier| CascadeTier {
            line_items: lines_of(Some(tier.line_items)),
            processor_route_id: tier.processor_route_id,
            amount_total_atom: Atoms::ZERO,
            state: TierState::Pending,
        })
        .collect()
}

/// Every offer has the currency of the first; its recurring prices share an interval.
fn check_offers(
    (lines, tiers): (&[LineItem], &[CascadeTier]),
    prices: &Priced,
    terms: Option<Terms>,
    body: &Location<'_>,
    faults: &mut Faults,
) {
    offer::check(lines, prices, terms, &body.field("line_items"), faults);
    for (index, tier) in tiers.iter().enumerate() {
        let own = offer::terms_of(&tier.line_items, prices).and_then(|terms| terms.interval);
        let terms = terms.map(|terms| Terms { interval: own, ..terms });
        let tiers_at = body.field("cascade_line_items");
        let tier_at = tiers_at.index(index);
        offer::check(&tier.line_items, prices, terms, &tier_at.field("line_items"), faults);
    }
}

pub(super) fn reduction_of(
    redemption: Option<&Redemption>,
    currency: Option<Currency>,
) -> (Option<Reduction>, bool) {
    let Some(coupon) = redemption.map(Redemption::coupon) else { return (None, false) };
    let reduction = currency.and_then(|currency| coupon.reduction(currency));
    (reduction, coupon.trial_extension_days().is_some())
}

fn lines_of(lines: Option<Several<NewLineItem>>) -> Vec<LineItem> {
    lines.into_iter().flatten().map(LineItem::from).collect()
}
