//! An object that a browser may name if it knows the object's secret.
//!
//! A publishable token is no secret: anybody can read it in a web page. So what it can reach is opened
//! by a second text that only the page of this one customer was given. Without the right one an object
//! is not there: the answer is that to an id that never was.
//!
//! A browser says on which page it asks. Where the account says on which pages that may be
//! (`allowed_origins`), any other page is refused before it is told anything.

use super::{
    context::Context,
    describe::Description,
    extract::{Extract, Found, Parts},
    request::Request,
};
use crate::{
    base::{
        error::Error,
        input::{Word, input},
    },
    model::{auth::TokenKind, entity::Secured},
    work::Work,
};

/// The object that the path names, for a secret token, or for whoever sends its secret.
#[derive(Debug)]
pub struct Opened<E>(pub E);

input! {
    /// What opens an object to a publishable token.
    struct Opener {
        /// The object's secret; a publishable token sees nothing without it, a secret token needs none.
        secure_token: Option<Word<200>>,
    }
}

impl<E: Secured> Extract for Opened<E> {
    async fn extract(cx: &Context, parts: &Parts<'_>) -> Result<Option<Self>, Error> {
        let kind = cx.caller.look_up.kind;
        let (embedded, found) = futures_util::future::join(
            async {
                match kind {
                    TokenKind::Secret => Ok(()),
                    TokenKind::Publishable => embeddable(&cx.work, parts.request).await,
                }
            },
            Found::<E>::extract(cx, parts),
        )
        .await;
        embedded?;
        let Some(Found(object)) = found? else { return Ok(None) };
        let opener: Option<Opener> = parts.query();
        let sent = opener.and_then(|opener| opener.secure_token);
        let opens = match kind {
            TokenKind::Secret => true,
            TokenKind::Publishable => sent.is_some_and(|sent| same(sent.as_str(), object.secret())),
        };
        if opens { Ok(Some(Self(object))) } else { Err(Error::NotFound) }
    }

    fn describe(description: &mut Description) {
        description.target::<E::Kind>();
        description.parameters::<Opener>();
    }
}

/// Whether the account lets the page ask that a browser asks on: any page, where it lists none. What is no
/// browser's page says no origin, and a page of our own needs no leave.
pub(super) async fn embeddable(work: &Work, request: &Request) -> Result<(), Error> {
    let Some(page) = request.header("origin") else { return Ok(()) };
    if request.origin().as_deref() == Some(page) || work.own_account().await?.is_embedded_at(page) {
        return Ok(());
    }
    Err(Error::Forbidden("The account's allowed_origins do not have the origin of this page"))
}

/// Whether two secrets are the same. Their digests are compared, so that how long that takes says
/// nothing about how much of a guess is right.
pub(super) fn same(sent: &str, secret: &str) -> bool {
    let digest = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest(sent).as_ref() == digest(secret).as_ref()
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn only_the_whole_secret_opens() {
        assert!(same("0123", "0123"));
        for guess in ["", "012", "01234", "0124"] {
            assert!(!same(guess, "0123"));
        }
    }
}
