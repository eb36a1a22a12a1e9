//! The document as XML, its elements in the order of UBL 2.1.

use std::io;

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};

use super::{
    Document, Kind, Profile, amount,
    lines::{Breakdown, Category, Line},
    price,
    trader::Trader,
};
use crate::base::{
    error::Error,
    money::{Atoms, Currency},
};

const INVOICE: &str = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2";
const CREDIT_NOTE: &str = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2";
const AGGREGATE: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";
const BASIC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";

const PEPPOL: &str = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0";
const XRECHNUNG: &str = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0";
const PROCESS: &str = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0";

/// One: what there is no other unit for, by UN/ECE recommendation 20.
const ONE: &str = "C62";

/// How what a credit note gives back gets to whom it is for.
const TO_BALANCE: &str = "Added to the credit balance, which the next invoice uses.";

type Xml = Writer<Vec<u8>>;
type Written = io::Result<()>;

impl Document {
    /// The document as XML.
    pub(super) fn written(&self) -> Result<String, Error> {
        let failed = |error: &dyn std::fmt::Display| Error::Internal(format!("XML: {error}"));
        let mut xml = Writer::new(Vec::new());
        self.write(&mut xml).map_err(|error| failed(&error))?;
        String::from_utf8(xml.into_inner()).map_err(|error| failed(&error))
    }

    fn write(&self, xml: &mut Xml) -> Written {
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let (name, namespace) = match &self.kind {
            Kind::Invoice { .. } => ("Invoice", INVOICE),
            Kind::CreditNote { .. } => ("CreditNote", CREDIT_NOTE),
        };
        let root = xml.create_element(name).with_attributes([
            ("xmlns", namespace),
            ("xmlns:cac", AGGREGATE),
            ("xmlns:cbc", BASIC),
        ]);
        root.write_inner_content(|xml| {
            self.head(xml)?;
            within(xml, "cac:AccountingSupplierParty", |xml| party(xml, &self.seller))?;
            within(xml, "cac:AccountingCustomerParty", |xml| party(xml, &self.buyer))?;
            within(xml, "cac:PaymentMeans", |xml| {
                text(xml, "cbc:PaymentMeansCode", self.means)?;
                text(xml, "cbc:PaymentID", &self.number)
            })?;
            if let Kind::CreditNote { .. } = &self.kind {
                within(xml, "cac:PaymentTerms", |xml| text(xml, "cbc:Note", TO_BALANCE))?;
            }
            self.taxes(xml)?;
            self.sums(xml)?;
            for (index, one) in self.lines.iter().enumerate() {
                let (name, quantity) = match &self.kind {
                    Kind::Invoice { .. } => ("cac:InvoiceLine", "cbc:InvoicedQuantity"),
                    Kind::CreditNote { .. } => ("cac:CreditNoteLine", "cbc:CreditedQuantity"),
                };
                let number = (index + 1).to_string();
                within(xml, name, |xml| line(xml, (&number, quantity), one, self.currency))?;
            }
            Ok(())
        })?;
        Ok(())
    }

    fn head(&self, xml: &mut Xml) -> Written {
        let customization = match self.profile {
            Profile::Peppol => PEPPOL,
            Profile::Xrechnung => XRECHNUNG,
        };
        text(xml, "cbc:CustomizationID", customization)?;
        text(xml, "cbc:ProfileID", PROCESS)?;
        text(xml, "cbc:ID", &self.number)?;
        text(xml, "cbc:IssueDate", &self.issued)?;
        match &self.kind {
            Kind::Invoice { due } => {
                text(xml, "cbc:DueDate", due)?;
                text(xml, "cbc:InvoiceTypeCode", "380")?;
            }
            Kind::CreditNote { .. } => text(xml, "cbc:CreditNoteTypeCode", "381")?,
        }
        text(xml, "cbc:Note", self.note.as_deref().unwrap_or_default())?;
        text(xml, "cbc:DocumentCurrencyCode", &self.currency.to_string().to_uppercase())?;
        text(xml, "cbc:BuyerReference", &self.buyer_reference)?;
        period(xml, self.period.as_ref())?;
        let Kind::CreditNote { of, issued } = &self.kind else { return Ok(()) };
        within(xml, "cac:BillingReference", |xml| {
            within(xml, "cac:InvoiceDocumentReference", |xml| {
                text(xml, "cbc:ID", of)?;
                text(xml, "cbc:IssueDate", issued)
            })
        })
    }

    fn taxes(&self, xml: &mut Xml) -> Written {
        within(xml, "cac:TaxTotal", |xml| {
            money(xml, "cbc:TaxAmount", self.sums.tax, self.currency)?;
            for one in &self.taxes {
                within(xml, "cac:TaxSubtotal", |xml| subtotal(xml, one, self.currency))?;
            }
            Ok(())
        })
    }

    fn sums(&self, xml: &mut Xml) -> Written {
        let sums = &self.sums;
        within(xml, "cac:LegalMonetaryTotal", |xml| {
            money(xml, "cbc:LineExtensionAmount", sums.lines, self.currency)?;
            money(xml, "cbc:TaxExclusiveAmount", sums.lines, self.currency)?;
            money(xml, "cbc:TaxInclusiveAmount", sums.with_tax, self.currency)?;
            if !sums.prepaid.is_zero() {
                money(xml, "cbc:PrepaidAmount", sums.prepaid, self.currency)?;
            }
            money(xml, "cbc:PayableAmount", sums.payable, self.currency)
        })
    }
}

fn party(xml: &mut Xml, trader: &Trader) -> Written {
    within(xml, "cac:Party", |xml| {
        if let Some((scheme, id)) = &trader.endpoint {
            told(xml, "cbc:EndpointID", ("schemeID", scheme), id)?;
        }
        within(xml, "cac:PartyName", |xml| text(xml, "cbc:Name", &trader.name))?;
        within(xml, "cac:PostalAddress", |xml| address(xml, trader))?;
        if let Some(vat) = &trader.vat {
            taxed_as(xml, vat, "VAT")?;
        }
        if let Some(id) = &trader.registration {
            taxed_as(xml, id, "FC")?;
        }
        within(xml, "cac:PartyLegalEntity", |xml| {
            text(xml, "cbc:RegistrationName", &trader.legal_name)?;
            match &trader.legal_id {
                Some((Some(scheme), id)) => told(xml, "cbc:CompanyID", ("schemeID", scheme), id),
                Some((None, id)) => text(xml, "cbc:CompanyID", id),
                None => Ok(()),
            }
        })?;
        let Some((name, phone, email)) = &trader.contact else { return Ok(()) };
        within(xml, "cac:Contact", |xml| {
            text(xml, "cbc:Name", name)?;
            text(xml, "cbc:Telephone", phone.as_deref().unwrap_or_default())?;
            text(xml, "cbc:ElectronicMail", email.as_deref().unwrap_or_default())
        })
    })
}

fn address(xml: &mut Xml, trader: &Trader) -> Written {
    let names = [
        "cbc:StreetName",
        "cbc:AdditionalStreetName",
        "cbc:CityName",
        "cbc:PostalZone",
        "cbc:CountrySubentity",
    ];
    for (name, part) in names.into_iter().zip(&trader.address) {
        text(xml, name, part.as_deref().unwrap_or_default())?;
    }
    within(xml, "cac:Country", |xml| text(xml, "cbc:IdentificationCode", trader.country()))
}

fn taxed_as(xml: &mut Xml, id: &str, scheme: &str) -> Written {
    within(xml, "cac:PartyTaxScheme", |xml| {
        text(xml, "cbc:CompanyID", id)?;
        within(xml, "cac:TaxScheme", |xml| text(xml, "cbc:ID", scheme))
    })
}

fn subtotal(xml: &mut Xml, one: &Breakdown, currency: Currency) -> Written {
    money(xml, "cbc:TaxableAmount", one.taxable, currency)?;
    money(xml, "cbc:TaxAmount", one.tax, currency)?;
    let (code, reason) = match one.category.code {
        "AE" => ("VATEX-EU-AE", "Reverse charge: the customer accounts for the tax."),
        "E" => ("", "No tax is charged on this."),
        "O" => ("VATEX-EU-O", "Not subject to VAT."),
        _ => ("", ""),
    };
    category(xml, "cac:TaxCategory", &one.category, (code, reason))
}

fn category(xml: &mut Xml, name: &str, one: &Category, why: (&str, &str)) -> Written {
    within(xml, name, |xml| {
        text(xml, "cbc:ID", one.code)?;
        let percent = one.percent.map(|percent| percent.to_string()).unwrap_or_default();
        text(xml, "cbc:Percent", &percent)?;
        text(xml, "cbc:TaxExemptionReasonCode", why.0)?;
        text(xml, "cbc:TaxExemptionReason", why.1)?;
        within(xml, "cac:TaxScheme", |xml| text(xml, "cbc:ID", "VAT"))
    })
}

fn line(
    xml: &mut Xml,
    (number, quantity): (&str, &str),
    one: &Line,
    currency: Currency,
) -> Written {
    text(xml, "cbc:ID", number)?;
    text(xml, "cbc:Note", one.note.as_deref().unwrap_or_default())?;
    told(xml, quantity, ("unitCode", ONE), &one.quantity.to_string())?;
    money(xml, "cbc:LineExtensionAmount", one.amount, currency)?;
    period(xml, one.period.as_ref())?;
    if let Some(discount) = one.discount {
        within(xml, "cac:AllowanceCharge", |xml| {
            text(xml, "cbc:ChargeIndicator", "false")?;
            text(xml, "cbc:AllowanceChargeReasonCode", "95")?;
            text(xml, "cbc:AllowanceChargeReason", "Discount")?;
            money(xml, "cbc:Amount", discount, currency)
        })?;
    }
    within(xml, "cac:Item", |xml| {
        text(xml, "cbc:Description", one.description.as_deref().unwrap_or_default())?;
        text(xml, "cbc:Name", &one.name)?;
        category(xml, "cac:ClassifiedTaxCategory", &one.category, ("", ""))
    })?;
    within(xml, "cac:Price", |xml| {
        let of = currency.to_string().to_uppercase();
        told(xml, "cbc:PriceAmount", ("currencyID", &of), &price(one.price, currency))
    })
}

fn period(xml: &mut Xml, days: Option<&(String, String)>) -> Written {
    let Some((first, last)) = days else { return Ok(()) };
    within(xml, "cac:InvoicePeriod", |xml| {
        text(xml, "cbc:StartDate", first)?;
        text(xml, "cbc:EndDate", last)
    })
}

/// An amount. What has more decimals than the norm knows was refused before.
fn money(xml: &mut Xml, name: &str, of: Atoms, currency: Currency) -> Written {
    let code = currency.to_string().to_uppercase();
    let written = amount(of, currency)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "an amount in thousandths"))?;
    told(xml, name, ("currencyID", &code), &written)
}

/// An element with others in it.
fn within(xml: &mut Xml, name: &str, inside: impl FnOnce(&mut Xml) -> Written) -> Written {
    xml.create_element(name).write_inner_content(inside)?;
    Ok(())
}

/// An element with text in it; left out, where there is none, because an empty one is refused.
fn text(xml: &mut Xml, name: &str, of: &str) -> Written {
    let of = readable(of);
    if of.is_empty() {
        return Ok(());
    }
    xml.create_element(name).write_text_content(BytesText::new(&of))?;
    Ok(())
}

/// The same with an attribute.
fn told(xml: &mut Xml, name: &str, attribute: (&str, &str), of: &str) -> Written {
    let element = xml.create_element(name).with_attribute(attribute);
    element.write_text_content(BytesText::new(&readable(of)))?;
    Ok(())
}

/// Text without what may not stand in XML, even escaped.
fn readable(text: &str) -> String {
    let stands = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.trim().chars().filter(stands).collect()
}
