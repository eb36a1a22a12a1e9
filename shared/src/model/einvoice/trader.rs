//! Who sells and who is billed, as the document names them, and what of them is missing.

use super::{Profile, lines::Breakdown, noted};
use crate::{
    base::input::Faults,
    model::{
        customer::Address,
        invoice::party::Party,
        tax_id::{TaxId, TaxIds},
    },
};

/// A seller or a buyer.
#[derive(Debug, Default)]
pub(super) struct Trader {
    /// Its electronic address: the list that it is of, and what it is there.
    pub(super) endpoint: Option<(&'static str, String)>,
    /// What it is called.
    pub(super) name: String,
    /// What it is called as a company.
    pub(super) legal_name: String,
    /// Its number in a register, and the list of registers' that it is of.
    pub(super) legal_id: Option<(Option<&'static str>, String)>,
    /// Its VAT number, with the letters of its country.
    pub(super) vat: Option<String>,
    /// What else a tax office calls it: of a seller alone.
    pub(super) registration: Option<String>,
    /// Parts of its address, without the country.
    pub(super) address: [Option<String>; 5],
    pub(super) country: String,
    /// Whom one writes to and calls: of a seller alone.
    pub(super) contact: Option<(String, Option<String>, Option<String>)>,
}

/// The parts of an address, in the order in which the document has them.
const PARTS: [&str; 5] = ["line1", "line2", "city", "postal_code", "state"];

/// What tax offices have given to sellers that is no VAT number.
const REGISTRATIONS: [&str; 6] = ["de_stn", "hu_tin", "ro_tin", "si_tin", "hr_oib", "es_cif"];

/// By which list an electronic address is known, given the first letters of a VAT number. Peppol's code
/// list of participants' identifier schemes, for those that hold VAT numbers.
const SCHEMES: [(&str, &str); 29] = [
    ("AT", "9914"),
    ("BG", "9926"),
    ("CH", "9927"),
    ("CY", "9928"),
    ("CZ", "9929"),
    ("DE", "9930"),
    ("DK", "0184"),
    ("EE", "9931"),
    ("EL", "9933"),
    ("ES", "9920"),
    ("FI", "0213"),
    ("FR", "9957"),
    ("GB", "9932"),
    ("HR", "9934"),
    ("HU", "9910"),
    ("IE", "9935"),
    ("IT", "0211"),
    ("LI", "9936"),
    ("LT", "9937"),
    ("LU", "9938"),
    ("LV", "9939"),
    ("MT", "9943"),
    ("NL", "9944"),
    ("PL", "9945"),
    ("PT", "9946"),
    ("RO", "9947"),
    ("SI", "9949"),
    ("SK", "9950"),
    ("XI", "9932"),
];

impl Trader {
    fn of(party: &Party, is_seller: bool) -> Self {
        let address = party.address.as_ref();
        let part = |name: &str| {
            let text = address.map(|address| address.part(name).trim()).unwrap_or_default();
            Some(text.to_owned()).filter(|text| !text.is_empty())
        };
        let country = address.and_then(Address::country);
        let country = country.map(|one| one.as_str().to_owned()).unwrap_or_default();
        let name = party.name.clone().or_else(|| party.legal_name.clone());
        let name = name.or_else(|| party.email.clone()).unwrap_or_default();
        let registration = party.tax_ids.usable().find(|id| REGISTRATIONS.contains(&id.kind()));
        let other = party.tax_ids.usable().find(|id| id.vat().is_none());
        let legal_id = match &party.legal_id {
            Some(id) => Some((scheme_of_register(&country), id.clone())),
            None if is_seller => None,
            None => other.map(|id| (None, id.compact())),
        };
        let contact = || (name.clone(), party.phone.clone(), party.email.clone());
        Self {
            endpoint: None,
            legal_name: party.legal_name.clone().unwrap_or_else(|| name.clone()),
            legal_id,
            vat: vat_of(&party.tax_ids, &country),
            registration: registration.filter(|_| is_seller).map(TaxId::compact),
            address: PARTS.map(part),
            country,
            contact: is_seller.then(contact),
            name,
        }
    }

    /// Whether a tax office knows it.
    pub(super) fn is_taxable(&self) -> bool {
        self.vat.is_some() || self.registration.is_some()
    }

    /// Its country by its two letters; none, where it is not known.
    pub(super) fn country(&self) -> &str {
        &self.country
    }

    fn lacks(&self, part: &str) -> bool {
        let at = PARTS.iter().position(|known| *known == part);
        at.and_then(|at| self.address.get(at)).is_none_or(Option::is_none)
    }
}

/// The VAT number of its own country, else the first.
fn vat_of(ids: &TaxIds, country: &str) -> Option<String> {
    let vats: Vec<String> = ids.usable().filter_map(TaxId::vat).collect();
    let letters = if country == "GR" { "EL" } else { country };
    let own = vats.iter().find(|vat| !letters.is_empty() && vat.starts_with(letters));
    own.or(vats.first()).cloned()
}

/// The list of the register's numbers, where rules of the country ask for it.
fn scheme_of_register(country: &str) -> Option<&'static str> {
    match country {
        "NL" => Some("0106"),
        "DK" => Some("0184"),
        "IS" => Some("0196"),
        _ => None,
    }
}

/// The address in Peppol of somebody with these tax ids.
fn in_peppol(vat: Option<&str>, ids: &TaxIds) -> Option<(&'static str, String)> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let by_vat = vat.and_then(|vat| {
        let digits = digits(vat);
        Some(match vat.get(..2)? {
            "BE" => ("0208", digits),
            // The number of the organization is between the country and the unit.
            "SE" => ("0007", digits.get(..10)?.to_owned()),
            "NO" => ("0192", digits),
            "AU" => ("0151", digits),
            "JP" => ("0221", vat.get(2..)?.to_owned()),
            "AE" => ("0235", digits),
            "EL" => ("9933", digits),
            letters => {
                let (_, scheme) = SCHEMES.iter().find(|(known, _)| *known == letters)?;
                (*scheme, vat.to_owned())
            }
        })
    });
    let other = [("us_ein", "9959"), ("sg_uen", "0195"), ("rs_pib", "9948"), ("tr_tin", "9952")];
    by_vat.or_else(|| {
        ids.usable().find_map(|id| {
            let (_, scheme) = other.iter().find(|(kind, _)| *kind == id.kind())?;
            Some((*scheme, id.compact()))
        })
    })
}

/// Both, with what `profile` and the countries ask of them.
pub(super) fn both(
    profile: Profile,
    seller: &Party,
    buyer: &Party,
    faults: &mut Faults,
) -> (Trader, Trader) {
    let (mut sells, mut buys) = (Trader::of(seller, true), Trader::of(buyer, false));
    for (trader, noun) in [(&sells, "account"), (&buys, "customer")] {
        if trader.country.is_empty() {
            let hint = "is needed on an electronic invoice: two letters of ISO 3166-1";
            noted(faults, noun, &["address", "country"], "required", hint);
        }
    }
    if sells.vat.is_none() && sells.legal_id.is_none() {
        let hint = "or a VAT number in tax_ids is needed on an electronic invoice";
        noted(faults, "account", &["legal_id"], "required", hint);
    }
    for (noun, part) in asked(profile, &sells.country, &buys.country) {
        let trader = if noun == "account" { &sells } else { &buys };
        if trader.lacks(part) {
            noted(faults, noun, &["address", part], "required", "is needed on this invoice");
        }
    }
    if sells.legal_id.is_none() && scheme_of_register(&sells.country).is_some() {
        noted(faults, "account", &["legal_id"], "required", "is needed in its country");
    }
    contacts(profile, &sells, &buys, faults);
    sells.endpoint = endpoint(profile, (seller, &sells), "account", faults);
    buys.endpoint = endpoint(profile, (buyer, &buys), "customer", faults);
    (sells, buys)
}

/// Which parts of whose address have to be there.
fn asked(profile: Profile, seller: &str, buyer: &str) -> Vec<(&'static str, &'static str)> {
    let of = |noun, parts: &[&'static str]| -> Vec<_> {
        parts.iter().map(|part| (noun, *part)).collect()
    };
    let german = profile == Profile::Xrechnung || (seller, buyer) == ("DE", "DE");
    let own: &[&'static str] = match seller {
        "NL" | "IT" => &["line1", "city", "postal_code"],
        "IS" => &["line1", "postal_code"],
        _ if german => &["city", "postal_code"],
        _ => &[],
    };
    let others: &[&'static str] = match (seller, buyer) {
        ("NL", "NL") => &["line1", "city", "postal_code"],
        ("IS", "IS") => &["line1", "postal_code"],
        _ if german => &["city", "postal_code"],
        _ => &[],
    };
    [of("account", own), of("customer", others)].concat()
}

/// German rules ask for somebody to call and to write to.
fn contacts(profile: Profile, seller: &Trader, buyer: &Trader, faults: &mut Faults) {
    if profile != Profile::Xrechnung && (seller.country(), buyer.country()) != ("DE", "DE") {
        return;
    }
    let (phone, email) = match &seller.contact {
        Some((_, phone, email)) => (phone.is_some(), email.is_some()),
        None => (false, false),
    };
    if !phone {
        noted(faults, "account", &["phone"], "required", "is needed on a German invoice");
    }
    if !email {
        let hint = "is needed on a German invoice";
        noted(faults, "account", &["brand", "support_email"], "required", hint);
    }
}

/// The electronic address: in Peppol by a tax id, for German authorities by e-mail.
fn endpoint(
    profile: Profile,
    (party, trader): (&Party, &Trader),
    noun: &'static str,
    faults: &mut Faults,
) -> Option<(&'static str, String)> {
    match profile {
        Profile::Xrechnung => party.email.clone().map(|email| ("EM", email)),
        Profile::Peppol => {
            let found = in_peppol(trader.vat.as_deref(), &party.tax_ids);
            if found.is_none() {
                let hint = "have none that is an address in Peppol, such as a VAT number";
                noted(faults, noun, &["tax_ids"], "required", hint);
            }
            found
        }
    }
}

/// Whoever is taxed, exempt or accounts for the tax has to be known to an office.
pub(super) fn check_taxes(
    taxes: &[Breakdown],
    seller: &Trader,
    buyer: &Trader,
    faults: &mut Faults,
) {
    let has = |code: &str| taxes.iter().any(|tax| tax.category.code == code);
    let reverse = has("AE");
    let missing = match (reverse, seller.vat.is_some(), seller.is_taxable()) {
        (true, false, _) => Some("have no VAT number, which reverse charge needs"),
        (false, _, false) if !has("O") => Some("have none of a tax office that knows the account"),
        _ => None,
    };
    if let Some(hint) = missing {
        noted(faults, "account", &["tax_ids"], "required", hint);
    }
    if reverse && buyer.vat.is_none() && buyer.legal_id.is_none() {
        let hint = "have none, and whoever accounts for the tax needs one";
        noted(faults, "customer", &["tax_ids"], "required", hint);
    }
}

impl Party {
    /// With what is known now, where nothing was known before.
    pub(super) fn completed(self, now: Option<Self>) -> Self {
        let Some(now) = now else { return self };
        let address = match (self.address, now.address) {
            (Some(before), Some(now)) if before.is_part_of(&now) => Some(now),
            (None, now) => now,
            (before, _) => before,
        };
        Self {
            name: self.name.or(now.name),
            legal_name: self.legal_name.or(now.legal_name),
            legal_id: self.legal_id.or(now.legal_id),
            email: self.email.or(now.email),
            phone: self.phone.or(now.phone),
            address,
            tax_ids: if self.tax_ids.is_empty() { now.tax_ids } else { self.tax_ids },
            buyer_reference: self.buyer_reference.or(now.buyer_reference),
            timezone: self.timezone,
        }
    }
}
