//! Which glyph shows a character, and how wide it is.

use ttf_parser::{Face, GlyphId};

use crate::base::error::Error;

/// The fonts, by the places that glyphs name.
pub(super) const FILES: [(&[u8], &str); 3] = [
    (include_bytes!("../../../../fonts/NotoSans-Regular.ttf"), "NotoSans-Regular"),
    (include_bytes!("../../../../fonts/NotoSans-Bold.ttf"), "NotoSans-Bold"),
    (include_bytes!("../../../../fonts/NotoSansJP-Regular.ttf"), "NotoSansJP-Regular"),
];

const REGULAR: usize = 0;
/// Where a character is looked for: where it is to be bold, and else.
const ORDER: [&[usize]; 2] = [&[REGULAR, 2], &[1, REGULAR, 2]];

/// What is drawn for a character that no font has.
pub(super) const UNKNOWN: char = '□';

/// The fonts, to be asked.
pub(super) struct Fonts {
    faces: Vec<Face<'static>>,
}

/// What is drawn for a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glyph {
    /// The place of the font.
    pub(super) font: usize,
    pub(super) id: u16,
    /// In thousandths of the size of the text.
    pub(super) width: i32,
    /// Whether a font has the character.
    pub(super) is_known: bool,
}

/// What a font says of itself, in thousandths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Metrics {
    pub(super) ascent: i16,
    pub(super) descent: i16,
    pub(super) cap_height: i16,
    pub(super) bounds: [i16; 4],
}

impl Fonts {
    pub(super) fn read() -> Result<Self, Error> {
        let read = |(file, name): &(&'static [u8], &str)| {
            Face::parse(file, 0).map_err(|error| Error::Internal(format!("{name}: {error}")))
        };
        Ok(Self { faces: FILES.iter().map(read).collect::<Result<_, _>>()? })
    }

    /// The glyph of a character.
    pub(super) fn glyph(&self, c: char, is_bold: bool) -> Glyph {
        let order = ORDER.get(usize::from(is_bold)).copied().unwrap_or_default();
        let found = |c: char| {
            order.iter().find_map(|font| {
                let id = self.faces.get(*font)?.glyph_index(c)?;
                Some((*font, id))
            })
        };
        let known = found(c);
        let (font, id) = known.or_else(|| found(UNKNOWN)).unwrap_or((REGULAR, GlyphId(0)));
        Glyph { font, id: id.0, width: self.width(font, id.0), is_known: known.is_some() }
    }

    /// How wide a glyph is, in thousandths of the size of the text.
    pub(super) fn width(&self, font: usize, id: u16) -> i32 {
        let Some(face) = self.faces.get(font) else { return 0 };
        let advance = face.glyph_hor_advance(GlyphId(id)).unwrap_or_default();
        let units = i32::from(face.units_per_em());
        i32::from(advance).saturating_mul(1000).checked_div(units).unwrap_or_default()
    }

    /// How wide a text of this size is.
    pub(super) fn measured(&self, text: &str, size: i32, is_bold: bool) -> i32 {
        let widths = text.chars().map(|c| self.glyph(c, is_bold).width);
        widths.sum::<i32>().saturating_mul(size).div_euclid(1000)
    }

    pub(super) fn metrics(&self, font: usize) -> Metrics {
        let Some(face) = self.faces.get(font) else {
            return Metrics { ascent: 0, descent: 0, cap_height: 0, bounds: [0; 4] };
        };
        let units = i32::from(face.units_per_em());
        let thousandths = |length: i16| {
            let length = i32::from(length).saturating_mul(1000).checked_div(units);
            length.and_then(|length| i16::try_from(length).ok()).unwrap_or_default()
        };
        let bounds = face.global_bounding_box();
        Metrics {
            ascent: thousandths(face.ascender()),
            descent: thousandths(face.descender()),
            cap_height: thousandths(face.capital_height().unwrap_or(face.ascender())),
            bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(thousandths),
        }
    }
}
