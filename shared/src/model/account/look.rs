//! How an account's invoices and pages look.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    base::{
        input::{Email, Faults, Location, Text, input},
        patch::Patch,
    },
    model::brand::{is_color, is_logo},
};

/// How invoices and checkout pages look.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Brand {
    /// The name customers know, where it differs from the account's.
    pub(super) display_name: Option<Text<0, 200>>,
    /// The address of a logo.
    logo_url: Option<Text<0, 2000>>,
    /// The main colour, such as #1a2b3c.
    primary_color: Option<Text<0, 20>>,
    /// Where customers write to.
    support_email: Option<Email>,
}

input! {
    /// What a client changes in `brand`.
    pub struct BrandPatch {
        /// The name customers know, where it differs from the account's.
        display_name: Patch<Text<0, 200>>,
        /// The address of a logo.
        logo_url: Patch<Text<0, 2000>>,
        /// The main colour, such as #1a2b3c.
        primary_color: Patch<Text<0, 20>>,
        /// Where customers write to.
        support_email: Patch<Email>,
    }
}

impl BrandPatch {
    /// Notes what a page in this brand could not show. An empty text is none.
    pub(crate) fn check(&self, at: &Location<'_>, faults: &mut Faults) {
        let wrong = |text: Option<&str>, right: fn(&str) -> bool| {
            text.is_some_and(|text| !text.is_empty() && !right(text))
        };
        if wrong(self.logo_url.value().map(Text::as_str), is_logo) {
            let hint = "must be an address that begins with https://";
            faults.not_valid(&at.field("logo_url"), "invalid_url", hint);
        }
        if wrong(self.primary_color.value().map(Text::as_str), is_color) {
            let hint = "must be a colour such as #1a2b3c";
            faults.not_valid(&at.field("primary_color"), "invalid_color", hint);
        }
    }
}

impl Brand {
    /// The address of the logo, as it was written.
    pub(crate) fn logo_url(&self) -> Option<&str> {
        self.logo_url.as_ref().map(Text::as_str)
    }

    /// The main colour, as it was written.
    pub(crate) fn primary_color(&self) -> Option<&str> {
        self.primary_color.as_ref().map(Text::as_str)
    }

    /// Where customers write to.
    pub(crate) fn support_email(&self) -> Option<&str> {
        self.support_email.as_ref().map(Email::as_str)
    }

    pub(super) fn patched(self, patch: BrandPatch) -> Self {
        Self {
            display_name: patch.display_name.apply(self.display_name),
            logo_url: patch.logo_url.apply(self.logo_url),
            primary_color: patch.primary_color.apply(self.primary_color),
            support_email: patch.support_email.apply(self.support_email),
        }
    }
}
