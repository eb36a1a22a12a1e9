//! What tax ids look like, type by type.

/// A kind of tax id.
pub(super) struct Known {
    /// Its word.
    pub(super) word: &'static str,
    /// Of value-added and sales tax: the country that has to stand before it on European documents;
    /// `EU`, where it does so anyway.
    pub(super) vat: Option<&'static str>,
    /// The forms that it may have.
    pub(super) forms: &'static [Form],
}

/// A form: `d` is a digit, `a` a letter, `x` either; anything else stands for itself.
pub(super) struct Form(&'static str);

impl Form {
    /// Whether an id that has nothing between its letters and digits looks so.
    pub(super) fn fits(&self, compact: &str) -> bool {
        let mut written = compact.chars();
        let fits = self.0.chars().all(|form| {
            written.next().is_some_and(|one| match form {
                'd' => one.is_ascii_digit(),
                'a' => one.is_ascii_uppercase(),
                'x' => one.is_ascii_digit() || one.is_ascii_uppercase(),
                form => one == form,
            })
        });
        fits && written.next().is_none()
    }

    /// A made-up id that looks so.
    pub(super) fn example(&self) -> String {
        let mut digits = "123456789".chars().cycle();
        let mut letters = "ABCDEFGH".chars().cycle();
        let one = |form| match form {
            'd' | 'x' => digits.next().unwrap_or('0'),
            'a' => letters.next().unwrap_or('A'),
            form => form,
        };
        self.0.chars().map(one).collect()
    }
}

const fn id(word: &'static str, forms: &'static [Form]) -> Known {
    Known { word, vat: None, forms }
}

const fn vat(word: &'static str, country: &'static str, forms: &'static [Form]) -> Known {
    Known { word, vat: Some(country), forms }
}

const EU: &[Form] = &[
    Form("DEddddddddd"),
    Form("ATUdddddddd"),
    Form("BE0ddddddddd"),
    Form("BE1ddddddddd"),
    Form("BGddddddddd"),
    Form("BGdddddddddd"),
    Form("CYdddddddda"),
    Form("CZdddddddd"),
    Form("CZddddddddd"),
    Form("CZdddddddddd"),
    Form("DKdddddddd"),
    Form("EEddddddddd"),
    Form("ELddddddddd"),
    Form("GRddddddddd"),
    Form("ESxdddddddx"),
    Form("FIdddddddd"),
    Form("FRxxddddddddd"),
    Form("HRddddddddddd"),
    Form("HUdddddddd"),
    Form("IEdxddddda"),
    Form("IEdddddddaa"),
    Form("ITddddddddddd"),
    Form("LTddddddddd"),
    Form("LTdddddddddddd"),
    Form("LUdddddddd"),
    Form("LVddddddddddd"),
    Form("MTdddddddd"),
    Form("NLdddddddddBdd"),
    Form("PLdddddddddd"),
    Form("PTddddddddd"),
    Form("ROdd"),
    Form("ROddd"),
    Form("ROdddd"),
    Form("ROddddd"),
    Form("ROdddddd"),
    Form("ROddddddd"),
    Form("ROdddddddd"),
    Form("ROddddddddd"),
    Form("ROdddddddddd"),
    Form("SEdddddddddddd"),
    Form("SIdddddddd"),
    Form("SKdddddddddd"),
    Form("XIddddddddd"),
    Form("XIdddddddddddd"),
    Form("XIGDddd"),
    Form("XIHAddd"),
];

const GB: &[Form] =
    &[Form("GBddddddddd"), Form("GBdddddddddddd"), Form("GBGDddd"), Form("GBHAddd")];

const SWISS: &[Form] = &[
    Form("CHEdddddddddMWST"),
    Form("CHEdddddddddTVA"),
    Form("CHEdddddddddIVA"),
    Form("CHEddddddddd"),
];

const UEN: &[Form] = &[
    Form("ddddddddda"),
    Form("dddddddda"),
    Form("Tddaadddda"),
    Form("Sddaadddda"),
    Form("Rddaadddda"),
];

/// Every kind that is known, in the order of the alphabet.
pub(super) const TYPES: &[Known] = &[
    vat("ae_trn", "AE", &[Form("ddddddddddddddd")]),
    id("ar_cuit", &[Form("ddddddddddd")]),
    vat("au_abn", "AU", &[Form("ddddddddddd")]),
    vat("bh_vat", "BH", &[Form("ddddddddddddddd")]),
    // Letters since July 2026.
    id("br_cnpj", &[Form("xxxxxxxxxxxxdd")]),
    id("br_cpf", &[Form("ddddddddddd")]),
    id("ca_bn", &[Form("ddddddddd")]),
    vat("ca_gst_hst", "CA", &[Form("dddddddddRTdddd")]),
    id("ca_pst_bc", &[Form("PSTdddddddd")]),
    id("ca_pst_mb", &[Form("ddddddd")]),
    id("ca_pst_sk", &[Form("ddddddd")]),
    id("ca_qst", &[Form("ddddddddddTQdddd")]),
    id("ch_uid", &[Form("CHEddddddddd")]),
    vat("ch_vat", "CH", SWISS),
    id("cl_tin", &[Form("ddddddddx"), Form("dddddddx")]),
    id("cn_tin", &[Form("xxxxxxxxxxxxxxxxxx"), Form("xxxxxxxxxxxxxxx")]),
    id("co_nit", &[Form("dddddddddd"), Form("ddddddddd")]),
    id("de_stn", &[Form("dddddddddd"), Form("ddddddddddd"), Form("ddddddddddddd")]),
    id("ec_ruc", &[Form("ddddddddddddd")]),
    id("eg_tin", &[Form("ddddddddd")]),
    id("es_cif", &[Form("adddddddx"), Form("dddddddda")]),
    // It has the two letters of no country, and stands beside one that has.
    id("eu_oss_vat", &[Form("EUddddddddd")]),
    vat("eu_vat", "EU", EU),
    vat("gb_vat", "GB", GB),
    vat("ge_vat", "GE", &[Form("ddddddddd")]),
    id("hk_br", &[Form("dddddddd")]),
    id("hr_oib", &[Form("ddddddddddd")]),
    id("hu_tin", &[Form("ddddddddddd")]),
    id("id_npwp", &[Form("ddddddddddddddd"), Form("dddddddddddddddd")]),
    vat("il_vat", "IL", &[Form("ddddddddd")]),
    vat("in_gst", "IN", &[Form("ddaaaaaddddaxZx")]),
    vat("is_vat", "IS", &[Form("dddddd"), Form("ddddd")]),
    id("jp_cn", &[Form("ddddddddddddd")]),
    vat("jp_trn", "JP", &[Form("Tddddddddddddd")]),
    id("ke_pin", &[Form("addddddddda")]),
    id("kr_brn", &[Form("dddddddddd")]),
    id("kz_bin", &[Form("dddddddddddd")]),
    id("li_uid", &[Form("CHEddddddddd")]),
    vat("li_vat", "LI", &[Form("ddddd")]),
    id("mx_rfc", &[Form("aaaddddddxxx"), Form("aaaaddddddxxx")]),
    id("ng_tin", &[Form("dddddddddddd")]),
    vat("no_vat", "NO", &[Form("dddddddddMVA")]),
    id("no_voec", &[Form("VOECddddddd")]),
    vat("nz_gst", "NZ", &[Form("ddddddddd"), Form("dddddddd")]),
    vat("om_vat", "OM", &[Form("OMdddddddddd")]),
    id("pe_ruc", &[Form("ddddddddddd")]),
    id("ph_tin", &[Form("dddddddddddd"), Form("ddddddddd")]),
    id("ro_tin", &[Form("ddddddddddddd")]),
    id("rs_pib", &[Form("ddddddddd")]),
    id("ru_inn", &[Form("dddddddddd"), Form("dddddddddddd")]),
    id("ru_kpp", &[Form("ddddddddd")]),
    vat("sa_vat", "SA", &[Form("ddddddddddddddd")]),
    vat("sg_gst", "SG", &[Form("Mddddddddx")]),
    id("sg_uen", UEN),
    id("si_tin", &[Form("dddddddd")]),
    vat("th_vat", "TH", &[Form("ddddddddddddd")]),
    id("tr_tin", &[Form("dddddddddd")]),
    vat("tw_vat", "TW", &[Form("dddddddd")]),
    id("us_ein", &[Form("ddddddddd")]),
    id("uy_ruc", &[Form("dddddddddddd")]),
    id("ve_rif", &[Form("addddddddd")]),
    id("vn_tin", &[Form("dddddddddd"), Form("ddddddddddddd")]),
    vat("za_vat", "ZA", &[Form("4ddddddddd")]),
];
