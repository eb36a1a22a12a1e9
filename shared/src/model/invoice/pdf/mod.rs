//! An invoice, or a credit note for one, as a file: PDF, with text that can be selected and searched.
//!
//! It is drawn of the same [`Sheet`](super::html::Sheet) as the page, so that both say the same. The same
//! invoice is the same file, bit for bit: nothing in it is of the moment at which it was drawn.
//!
//! | file | what |
//! |---|---|
//! | `font` | which glyph shows a character, and how wide it is |
//! | `layout` | what stands where, on how many pages |
//! | `write` | the file |
//!
//! The fonts are Noto Sans (Latin, Greek, Cyrillic) and Noto Sans JP (what JIS X 0208 has, and the extensions
//! of Windows to it), cut down by `tools/fonts/subset.py`. Of each, a file has only the glyphs that it
//! shows. A character that none of them has is drawn as □, and is still there to be copied and searched.
//! Text runs from left to right, and marks are not combined: Arabic, Hebrew and scripts of India are
//! beyond this.
//!
//! Lengths are in twentieths of a point, whole.

mod font;
mod layout;
mod wrap;
mod write;

#[cfg(test)]
mod tests;

use super::{Credited, Invoice, InvoiceState, html::Sheet};
use crate::{
    base::error::Error,
    model::{account::Account, customer::Customer, words::Locale},
};

impl Invoice {
    /// What its file is called; or that it is not final, and there is none.
    pub(crate) fn file_name(&self) -> Result<String, Error> {
        let Some(number) = self.number().filter(|_| self.state() != InvoiceState::Draft) else {
            let hint = "is a draft: there is a file of it once it is final";
            return Err(Error::not_now("invoice", "not_final", hint));
        };
        Ok(file_named(number))
    }

    /// The invoice as a file, in the customer's language; in `other`, where that is not known.
    pub(crate) fn pdf(
        &self,
        account: &Account,
        customer: Option<&Customer>,
        other: Locale,
    ) -> Result<Vec<u8>, Error> {
        drawn(&self.sheet(account, customer, other)?)
    }

    /// A credit note for it as a file, in the customer's language; in `other`, where that is not known.
    pub(crate) fn credit_pdf(
        &self,
        note: &Credited<'_>,
        account: &Account,
        customer: Option<&Customer>,
        other: Locale,
    ) -> Result<Vec<u8>, Error> {
        drawn(&self.credit_sheet(note, account, customer, other)?)
    }
}

impl Credited<'_> {
    /// What its file is called.
    pub(crate) fn file_name(&self) -> String {
        file_named(self.number)
    }
}

/// What the file of a document with this number is called.
pub(crate) fn file_named(number: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let number: String = number.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    format!("{number}.pdf")
}

fn drawn(sheet: &Sheet<'_>) -> Result<Vec<u8>, Error> {
    let fonts = font::Fonts::read()?;
    let pages = layout::pages(sheet, &fonts);
    write::file(sheet, &fonts, &pages)
}
