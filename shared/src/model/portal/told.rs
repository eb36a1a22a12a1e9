//! What is said on the portal of what a customer did there.

use crate::model::{
    checkout::{obstacle::Obstacle, public::Seller},
    words::Locale,
};

/// What is said of what a customer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Paid,
    Saved,
    Removed,
    Cancelled,
    Kept,
    /// It comes at the end of the period.
    Planned,
    /// It comes once it is paid for.
    Waits,
    /// It costs more than was shown.
    CostsMore,
    /// It cannot be done as things are.
    NotNow,
    /// Something that was typed in is no such thing.
    Wrong,
    /// A payment did not go on.
    Not(Obstacle),
}

impl Told {
    const DONE: [Self; 10] = [
        Self::Paid,
        Self::Saved,
        Self::Removed,
        Self::Cancelled,
        Self::Kept,
        Self::Planned,
        Self::Waits,
        Self::CostsMore,
        Self::NotNow,
        Self::Wrong,
    ];

    /// The word for it, as it stands in the page's address.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Saved => "saved",
            Self::Removed => "removed",
            Self::Cancelled => "cancelled",
            Self::Kept => "kept",
            Self::Planned => "planned",
            Self::Waits => "waits",
            Self::CostsMore => "costs_more",
            Self::NotNow => "not_now",
            Self::Wrong => "wrong",
            Self::Not(obstacle) => obstacle.code(),
        }
    }

    /// What a word stands for.
    pub(crate) fn named(word: &str) -> Option<Self> {
        let done = Self::DONE.into_iter().find(|one| one.word() == word);
        done.or_else(|| Obstacle::named(word).map(Self::Not))
    }

    pub(super) const fn is_done(self) -> bool {
        matches!(
            self,
            Self::Paid
                | Self::Saved
                | Self::Removed
                | Self::Cancelled
                | Self::Kept
                | Self::Planned
                | Self::Waits
        )
    }

    /// The sentence.
    pub(super) fn said(self, locale: Locale, seller: &Seller) -> String {
        let words = locale.portal_words();
        let sentence = match self {
            Self::Paid => words.done_paid,
            Self::Saved => words.done_saved,
            Self::Removed => words.done_removed,
            Self::Cancelled => words.done_cancelled,
            Self::Kept => words.done_kept,
            Self::Planned => words.done_planned,
            Self::Waits => words.done_waits,
            Self::CostsMore => locale.words().amount_changed,
            Self::NotNow => words.not_now,
            Self::Wrong => words.wrong,
            Self::Not(obstacle) => return obstacle.said(locale.words(), seller),
        };
        sentence.to_owned()
    }
}
