//! Which glyph shows a character, and how wide it is.

use read_fonts::{
    FontRef, ReadError, TableProvider,
    tables::{cmap::Cmap, hmtx::Hmtx},
    types::GlyphId,
};

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
    faces: Vec<Face>,
}

/// What a file of a font says, found once.
struct Face {
    glyphs: Cmap<'static>,
    widths: Hmtx<'static>,
    units_per_em: u16,
    metrics: Metrics,
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
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Metrics {
    pub(super) ascent: i16,
    pub(super) descent: i16,
    pub(super) cap_height: i16,
    pub(super) bounds: [i16; 4],
}

impl Fonts {
    pub(super) fn read() -> Result<Self, Error> {
        let read = |(file, name): &(&'static [u8], &str)| {
            Face::read(file).map_err(|error| Error::Internal(format!("{name}: {error}")))
        };
        Ok(Self { faces: FILES.iter().map(read).collect::<Result<_, _>>()? })
    }

    /// The glyph of a character.
    pub(super) fn glyph(&self, c: char, is_bold: bool) -> Glyph {
        let order = ORDER.get(usize::from(is_bold)).copied().unwrap_or_default();
        let found = |c: char| {
            order.iter().find_map(|font| {
                let id = self.faces.get(*font)?.glyphs.map_codepoint(c)?;
                Some((*font, u16::try_from(id.to_u32()).ok()?))
            })
        };
        let known = found(c);
        let (font, id) = known.or_else(|| found(UNKNOWN)).unwrap_or((REGULAR, 0));
        Glyph { font, id, width: self.width(font, id), is_known: known.is_some() }
    }

    /// How wide a glyph is, in thousandths of the size of the text.
    pub(super) fn width(&self, font: usize, id: u16) -> i32 {
        let Some(face) = self.faces.get(font) else { return 0 };
        let advance = face.widths.advance(GlyphId::from(id)).unwrap_or_default();
        thousandths(i32::from(advance), face.units_per_em)
    }

    /// How wide a text of this size is.
    pub(super) fn measured(&self, text: &str, size: i32, is_bold: bool) -> i32 {
        let widths = text.chars().map(|c| self.glyph(c, is_bold).width);
        widths.sum::<i32>().saturating_mul(size).div_euclid(1000)
    }

    pub(super) fn metrics(&self, font: usize) -> Metrics {
        self.faces.get(font).map(|face| face.metrics).unwrap_or_default()
    }
}

impl Face {
    fn read(file: &'static [u8]) -> Result<Self, ReadError> {
        let font = FontRef::new(file)?;
        let (head, hhea) = (font.head()?, font.hhea()?);
        let units_per_em = head.units_per_em();
        let ascender = hhea.ascender().to_i16();
        let of_em = |length: i16| {
            i16::try_from(thousandths(i32::from(length), units_per_em)).unwrap_or_default()
        };
        let metrics = Metrics {
            ascent: of_em(ascender),
            descent: of_em(hhea.descender().to_i16()),
            cap_height: of_em(font.os2()?.s_cap_height().unwrap_or(ascender)),
            bounds: [head.x_min(), head.y_min(), head.x_max(), head.y_max()].map(of_em),
        };
        Ok(Self { glyphs: font.cmap()?, widths: font.hmtx()?, units_per_em, metrics })
    }
}

/// A length of a font in thousandths of the size of its text.
fn thousandths(length: i32, units_per_em: u16) -> i32 {
    length.saturating_mul(1000).checked_div(i32::from(units_per_em)).unwrap_or_default()
}
