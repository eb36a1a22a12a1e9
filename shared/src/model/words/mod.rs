//! What a payer is told, in the payer's language: the sentences of the pages that strangers see.
//!
//! A language is a file with every sentence there is: the compiler refuses one that lacks any. In a
//! sentence `{seller}` and the like stand for what differs; `said` fills them in. How amounts and days
//! are written is in `format`.

mod de;
mod en;
mod es;
mod format;
mod fr;
pub(crate) mod invoice;
mod it;
mod ja;
mod nl;
pub(crate) mod portal;
mod pt;
mod tag;

pub use self::tag::LanguageTag;
use crate::base::input::choice;

choice! {
    /// A language in which payers are spoken to.
    pub enum Locale {
        /// English.
        En = "en",
        /// German.
        De = "de",
        /// French.
        Fr = "fr",
        /// Spanish.
        Es = "es",
        /// Dutch.
        Nl = "nl",
        /// Italian.
        It = "it",
        /// Portuguese.
        Pt = "pt",
        /// Japanese.
        Ja = "ja",
    }
}

/// The `WORDS` of a language, which are beside where this is written: in a file for each of them.
macro_rules! of_language {
    ($locale:expr) => {
        match $locale {
            $crate::model::words::Locale::En => &en::WORDS,
            $crate::model::words::Locale::De => &de::WORDS,
            $crate::model::words::Locale::Fr => &fr::WORDS,
            $crate::model::words::Locale::Es => &es::WORDS,
            $crate::model::words::Locale::Nl => &nl::WORDS,
            $crate::model::words::Locale::It => &it::WORDS,
            $crate::model::words::Locale::Pt => &pt::WORDS,
            $crate::model::words::Locale::Ja => &ja::WORDS,
        }
    };
}

use of_language;

impl Locale {
    /// The language that a browser asks for first among those there are, by its `Accept-Language`;
    /// English, where it asks for none of them.
    pub fn preferred(accepted: &str) -> Self {
        let wanted = accepted.split(',').filter_map(|one| {
            let mut parts = one.split(';').map(str::trim);
            let tag = parts.next()?.split('-').next()?.to_ascii_lowercase();
            let quality = parts.find_map(|part| part.strip_prefix("q=")).unwrap_or("1");
            // In thousandths, as the header has them at most.
            let thousandths = thousandths(quality)?;
            let locale = Self::ALL.iter().find(|locale| locale.as_str() == tag)?;
            (thousandths > 0).then_some((*locale, thousandths))
        });
        // The first of several that are wanted as much.
        let best = wanted.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or(Self::En, |(locale, _)| locale)
    }

    /// Its sentences.
    pub fn words(self) -> &'static Words {
        of_language!(self)
    }
}

/// `0.8` as 800; nothing, where it is no quality.
fn thousandths(quality: &str) -> Option<u32> {
    let (whole, decimals) = quality.split_once('.').unwrap_or((quality, ""));
    let padded = format!("{decimals:0<3}");
    let decimals: u32 = padded.get(..3)?.parse().ok()?;
    let whole: u32 = whole.parse().ok()?;
    whole.checked_mul(1000)?.checked_add(decimals).filter(|all| *all <= 1000)
}

/// `sentence` with what stands for each name in it.
pub(crate) fn said(sentence: &str, filled: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(sentence.len());
    let mut rest = sentence;
    // From left to right, once: what is filled in is not looked into.
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        let value = filled.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        text.push_str(value.unwrap_or_default());
        rest = after;
    }
    text + rest
}

/// Every sentence.
#[derive(Debug)]
pub struct Words {
    pub(crate) pay_seller: &'static str,
    pub(crate) save_for_seller: &'static str,
    pub(crate) order: &'static str,
    pub(crate) each: &'static str,
    /// By unit: one of it, several of it.
    pub(crate) every: [(&'static str, &'static str); 4],
    pub(crate) subtotal: &'static str,
    pub(crate) discount: &'static str,
    pub(crate) tax: &'static str,
    pub(crate) due_now: &'static str,
    pub(crate) then: &'static str,
    pub(crate) trial: &'static str,
    pub(crate) email: &'static str,
    pub(crate) promotion_code: &'static str,
    pub(crate) apply: &'static str,
    pub(crate) remove: &'static str,
    pub(crate) pay: &'static str,
    pub(crate) subscribe: &'static str,
    pub(crate) start_trial: &'static str,
    pub(crate) save_card: &'static str,
    pub(crate) consent: &'static str,
    pub(crate) test_mode: &'static str,
    pub(crate) other_cards: &'static str,
    /// By token of the test processor, in the order of `model/hosted`.
    pub(crate) test_cards: [&'static str; 6],
    pub(crate) back: &'static str,
    pub(crate) questions: &'static str,
    pub(crate) paid: &'static str,
    pub(crate) paid_text: &'static str,
    pub(crate) ordered_text: &'static str,
    pub(crate) saved: &'static str,
    pub(crate) saved_text: &'static str,
    pub(crate) go_on: &'static str,
    pub(crate) expired: &'static str,
    pub(crate) expired_text: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) unknown_text: &'static str,
    pub(crate) closed: &'static str,
    pub(crate) closed_text: &'static str,
    pub(crate) too_often: &'static str,
    pub(crate) pending: &'static str,
    pub(crate) pending_text: &'static str,
    pub(crate) look_again: &'static str,
    pub(crate) not_ready: &'static str,
    pub(crate) declined: &'static str,
    pub(crate) insufficient_funds: &'static str,
    pub(crate) expired_card: &'static str,
    pub(crate) wrong_details: &'static str,
    pub(crate) confirm: &'static str,
    pub(crate) confirm_button: &'static str,
    pub(crate) confirmed_button: &'static str,
    pub(crate) refuse_button: &'static str,
    pub(crate) test_bank: &'static str,
    pub(crate) email_needed: &'static str,
    /// Behind the name of a field that may be left empty.
    pub(crate) for_company: &'static str,
    pub(crate) company: &'static str,
    pub(crate) card: &'static str,
    pub(crate) card_script: &'static str,
    pub(crate) card_failed: &'static str,
    pub(crate) optional: &'static str,
    pub(crate) fields_wrong: &'static str,
    pub(crate) field_required: &'static str,
    pub(crate) field_too_long: &'static str,
    pub(crate) field_number: &'static str,
    pub(crate) field_between: &'static str,
    pub(crate) field_least: &'static str,
    pub(crate) field_most: &'static str,
    pub(crate) field_wrong: &'static str,
    pub(crate) code_used: &'static str,
    pub(crate) code_refused: &'static str,
    pub(crate) amount_changed: &'static str,
    pub(crate) unavailable: &'static str,
    pub(crate) failed: &'static str,
    pub(crate) months: [&'static str; 12],
    /// `{day}`, `{month}`, `{number}` (of the month) and `{year}`.
    pub(crate) date: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_first_of_those_that_are_wanted_most() {
        for (accepted, locale) in [
            ("", Locale::En),
            ("de-AT,de;q=0.9,en;q=0.8", Locale::De),
            ("sv, pt-BR;q=0.7, fr;q=0.9", Locale::Fr),
            ("ja;q=0, it;q=0.1", Locale::It),
            ("EN-us;q=0.5, NL;q=0.50", Locale::En),
            ("*;q=0.1, x, de;q=abc", Locale::En),
            ("es;q=1.0, de;q=2", Locale::Es),
        ] {
            assert_eq!(Locale::preferred(accepted), locale, "{accepted}");
        }
    }

    #[test]
    fn what_is_filled_into_a_sentence_is_not_looked_into() {
        let filled = [("seller", "{amount}"), ("amount", "5")];
        assert_eq!(said("{seller}: {amount}, {other}.", &filled), "{amount}: 5, .");
        assert_eq!(said("a { b", &filled), "a { b");
    }

    #[test]
    fn every_language_names_the_same_things_in_its_sentences() {
        // The dates differ, which are last.
        let all = |locale: Locale| {
            let text = format!("{:?}", locale.words());
            let text = text.rsplit_once(", date: ").unwrap().0.to_owned();
            assert!(locale.words().date.contains("{year}"), "{locale}");
            text
        };
        let english = all(Locale::En);
        for locale in Locale::ALL {
            same_names(&english, &all(*locale), *locale);
        }
    }

    /// Holds the sentences of a language, as `Debug` writes them, to the English ones: each has the same
    /// names in it.
    pub(super) fn same_names(english: &str, own: &str, locale: Locale) {
        let names = |text: &str| {
            let mut names: Vec<String> = text
                .split('{')
                .skip(1)
                .filter_map(|rest| Some(rest.split_once('}')?.0.to_owned()))
                .collect();
            names.sort_unstable();
            names.dedup();
            names
        };
        // `Debug` has each sentence in the order of its fields, without a quotation mark in it.
        let all = |text: &str| text.split('"').skip(1).step_by(2).map(names).collect::<Vec<_>>();
        assert_eq!(all(own), all(english), "{locale}");
    }
}
