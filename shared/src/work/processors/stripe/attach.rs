//! Cards: saved by a SetupIntent on a customer at Stripe, and let go.
//!
//! A card is set up for charges without the payer, so that their bank has agreed to those; a card that
//! hangs on no customer could be charged once only.
//!
//! Where the bank wants the payer to confirm that, the setup waits for them, as a payment does. The same
//! token sent again is the same setup; and Stripe tells of one that is confirmed, whether or not anybody
//! comes back.

use super::{
    Stripe,
    call::{Answered, Refused},
    failure_of,
    object::{CardParts, Method, Named, Setup},
    proves_nothing, rejected, silent,
};
use crate::{
    base::hash::sha256,
    model::processor::{
        Action, ActionType, Card, Lost,
        wire::{Attachment, Response},
    },
};

/// By which a setup says that its card is the customer's from then on.
const KEPT: &str = "metadata[kept]";

impl Stripe<'_> {
    pub(super) async fn attach(&self, card: &Attachment) -> Result<Response, Lost> {
        let key = format!("{}:customer", card.payer_key);
        if let Some(payer) = &card.payer {
            if let Some(response) = self.set_up(card, payer.clone()).await? {
                return Ok(response);
            }
            // Somebody has deleted the customer there: they get another.
            return self.set_up_anew(card, &format!("{key}:{payer}")).await;
        }
        self.set_up_anew(card, &key).await
    }

    /// Makes the customer, under `key`, and sets the card up.
    async fn set_up_anew(&self, card: &Attachment, key: &str) -> Result<Response, Lost> {
        let form = [("metadata[customer]", card.payer_key.as_str())];
        let made: Answered<Named> = self.line.post_harmless("/v1/customers", &form, key).await;
        match made? {
            Ok(customer) => {
                let response = self.set_up(card, customer.id).await?;
                Ok(response.unwrap_or(Response::NotFound))
            }
            Err(refused) if proves_nothing(&refused) => Err(silent(&refused)),
            Err(refused) => Ok(rejected(&refused)),
        }
    }

    /// None, where there is no such customer.
    async fn set_up(&self, card: &Attachment, payer: String) -> Result<Option<Response>, Lost> {
        let kind = match card.token.starts_with("ctoken_") {
            true => "confirmation_token",
            false => "payment_method",
        };
        let mut form = vec![
            ("customer", payer.as_str()),
            (kind, &card.token),
            ("confirm", "true"),
            ("usage", "off_session"),
            ("payment_method_types[0]", "card"),
            ("expand[0]", "payment_method"),
            ("metadata[payer]", &card.payer_key),
        ];
        form.extend(card.keeps.then_some((KEPT, "true")));
        form.extend(card.return_url.as_deref().map(|url| ("return_url", url)));
        // With another way back it is another request.
        let back = card.return_url.iter().map(|url| format!("\n{url}"));
        let what: String = [card.token.clone()].into_iter().chain(back).collect();
        let key = format!("{}:{}", card.payer_key, short(&what));
        let setup: Answered<Setup> =
            self.line.post_harmless("/v1/setup_intents", &form, &key).await;
        Ok(Some(match setup? {
            Ok(setup) if setup.status == "succeeded" => state_of(setup, payer),
            // A key replays its first answer: what the payer has done since is asked.
            Ok(setup) => state_of(self.shown_setup(&setup.id).await?, payer),
            Err(refused) if refused.fault.r#type == "card_error" => {
                Response::Declined(failure_of(&refused.fault))
            }
            Err(refused) if proves_nothing(&refused) => return Err(silent(&refused)),
            Err(Refused { fault, .. }) if fault.code == "resource_missing" => {
                match fault.param.as_str() {
                    "customer" => return Ok(None),
                    _ => Response::NotFound,
                }
            }
            Err(refused) => rejected(&refused),
        }))
    }

    /// What has become of a setup that was to keep a card of this payer's. Another one is nobody's here.
    pub(super) async fn find_setup(
        &self,
        reference: &str,
        payer_key: &str,
    ) -> Result<Response, Lost> {
        let setup = self.shown_setup(reference).await?;
        let said = |name: &str| setup.metadata.get(name).map(String::as_str);
        let is_kept = said("payer") == Some(payer_key) && said("kept") == Some("true");
        // One that was let go there since is nobody's card any more.
        let hangs_on = setup.payment_method.as_ref().and_then(|method| method.customer.as_ref());
        let is_kept =
            is_kept && (hangs_on == setup.customer.as_ref() || setup.status != "succeeded");
        match setup.customer.clone().filter(|_| is_kept) {
            Some(payer) => Ok(state_of(setup, payer)),
            None => Ok(Response::NotFound),
        }
    }

    async fn shown_setup(&self, reference: &str) -> Result<Setup, Lost> {
        let path = format!("/v1/setup_intents/{reference}");
        let found: Answered<Setup> = self.line.get(&path, &[("expand[0]", "payment_method")]).await;
        found?.map_err(|refused| silent(&refused))
    }

    /// What has become of a card. One that was let go there is still shown, and hangs on nobody.
    pub(super) async fn find_method(&self, source: &str) -> Result<Response, Lost> {
        let path = format!("/v1/payment_methods/{source}");
        let found: Answered<Method> = self.line.get(&path, &[]).await;
        match found? {
            Ok(Method { id, customer: Some(payer), card: Some(card) }) => {
                Ok(Response::Attached { source: id, payer: Some(payer), card: described(card) })
            }
            Ok(Method { customer: None, .. }) => Ok(Response::Detached),
            Ok(Method { id, card: None, .. }) => Err(Lost(format!("{id} is no card"))),
            Err(refused) if refused.status == 404 => Ok(Response::NotFound),
            Err(refused) => Err(silent(&refused)),
        }
    }

    pub(super) async fn detach(&self, source: &str) -> Result<Response, Lost> {
        let path = format!("/v1/payment_methods/{source}/detach");
        let key = format!("{source}:detach");
        let gone: Answered<Named> = self.line.post_harmless(&path, &[], &key).await;
        match gone? {
            Ok(_) => Ok(Response::Detached),
            // It is attached to nobody, or there is none.
            Err(refused) if matches!(refused.status, 400 | 404) => Ok(Response::Detached),
            Err(refused) => Err(silent(&refused)),
        }
    }

    /// Deletes a customer there, and with it every card that hangs on it.
    pub(super) async fn delete_customer(&self, payer: &str) -> Result<Response, Lost> {
        let gone: Answered<Named> = self.line.delete(&format!("/v1/customers/{payer}")).await;
        match gone? {
            Ok(_) => Ok(Response::Detached),
            // Somebody was faster.
            Err(refused) if refused.status == 404 => Ok(Response::Detached),
            Err(refused) => Err(silent(&refused)),
        }
    }
}

fn state_of(setup: Setup, payer: String) -> Response {
    let method = setup.payment_method;
    let card = method.and_then(|Method { id, card, .. }| card.map(|card| (id, card)));
    match (setup.status.as_str(), card, &setup.last_setup_error) {
        ("succeeded", Some((source, card)), _) => {
            Response::Attached { source, payer: Some(payer), card: described(card) }
        }
        ("requires_action", ..) => {
            let redirect = setup.next_action.and_then(|next| next.redirect_to_url);
            let url = redirect.and_then(|address| address.url);
            let r#type = if url.is_some() { ActionType::Redirect } else { ActionType::InPage };
            Response::ActionNeeded(Action { r#type, url, reference: Some(setup.id) })
        }
        (_, _, Some(fault)) => Response::Declined(failure_of(fault)),
        (status, ..) => Response::Invalid { message: format!("{} is {status}", setup.id) },
    }
}

fn described(CardParts { brand, last4, exp_month, exp_year }: CardParts) -> Card {
    Card { brand, last_four: last4, exp_month, exp_year }
}

/// The same for the same request; a token is no word for a header.
fn short(what: &str) -> String {
    sha256(what).chars().take(24).collect()
}
