//! The file: pages, and of each font the glyphs that they show.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
};

use flate2::{Compression, write::ZlibEncoder};
use pdf_writer::{
    Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use subsetter::GlyphRemapper;

use super::{
    font::{FILES, Fonts, UNKNOWN},
    layout::{Bar, Color, HEIGHT, Page, Text, WIDTH},
};
use crate::{base::error::Error, model::invoice::html::Sheet};

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const INFO: Ref = Ref::new(3);
/// From here on, five for each font: font, descendant, descriptor, file, map to Unicode.
const FIRST_FONT: i32 = 10;
/// From here on, two for each page: page and content.
const FIRST_PAGE: i32 = 40;

const SYSTEM: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// What is used of the fonts: of each, the glyphs, and which character each shows.
type Used = BTreeMap<usize, BTreeMap<u16, char>>;

/// Some characters of a text that one font shows.
struct Run {
    font: usize,
    is_known: bool,
    glyphs: Vec<u16>,
    text: String,
    width: i32,
}

fn runs(fonts: &Fonts, text: &Text) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for c in text.text.chars().filter(|c| !c.is_control()) {
        let glyph = fonts.glyph(c, text.is_bold);
        let same = |run: &&mut Run| run.font == glyph.font && run.is_known == glyph.is_known;
        let run = match runs.last_mut().filter(same) {
            Some(run) => run,
            None => {
                let (font, is_known) = (glyph.font, glyph.is_known);
                let (glyphs, text) = (Vec::new(), String::new());
                runs.push(Run { font, is_known, glyphs, text, width: 0 });
                let Some(run) = runs.last_mut() else { continue };
                run
            }
        };
        run.glyphs.push(glyph.id);
        run.text.push(c);
        run.width = run.width.saturating_add(glyph.width);
    }
    runs
}

/// A length as the file has it.
fn length(length: i32) -> f32 {
    f32::from(i16::try_from(length).unwrap_or(i16::MAX))
}

/// A part of a colour, of 255.
fn part(part: u8) -> f32 {
    let thousandths = u32::from(part).saturating_mul(1000).div_euclid(255);
    let text = format!("{}.{:03}", thousandths.div_euclid(1000), thousandths.rem_euclid(1000));
    text.parse().unwrap_or_default()
}

/// The parts of a colour such as `#1a2b3c` or `#abc`.
fn parts(color: &str) -> [u8; 3] {
    let digits: Vec<u8> = color
        .chars()
        .filter_map(|c| c.to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    let two = |high: u8, low: u8| high.saturating_mul(16).saturating_add(low);
    match digits.as_slice() {
        [a, b, c] => [two(*a, *a), two(*b, *b), two(*c, *c)],
        [a, b, c, d, e, f] => [two(*a, *b), two(*c, *d), two(*e, *f)],
        _ => [29, 35, 48],
    }
}

struct Writer<'s> {
    fonts: &'s Fonts,
    brand: [u8; 3],
    used: Used,
    maps: BTreeMap<usize, GlyphRemapper>,
}

impl Writer<'_> {
    fn paint(&self, content: &mut Content, color: Color) {
        let [r, g, b] = match color {
            Color::Text => [29, 35, 48],
            Color::Muted => [95, 103, 120],
            Color::Faint => [222, 226, 232],
            Color::Brand => self.brand,
        }
        .map(part);
        content.set_fill_rgb(r, g, b);
    }

    fn bar(&self, content: &mut Content, bar: &Bar) {
        self.paint(content, bar.color);
        let bottom = HEIGHT - bar.y - bar.height;
        content.rect(length(bar.x), length(bottom), length(bar.width), length(bar.height));
        content.fill_nonzero();
    }

    fn text(&self, content: &mut Content, text: &Text) {
        self.paint(content, text.color);
        let mut x = text.x;
        for run in runs(self.fonts, text) {
            let Some(map) = self.maps.get(&run.font) else { continue };
            let glyphs: Vec<u8> = run
                .glyphs
                .iter()
                .filter_map(|id| map.get(*id))
                .flat_map(u16::to_be_bytes)
                .collect();
            if !run.is_known {
                let mut marked = content.begin_marked_content_with_properties(Name(b"Span"));
                marked.properties().actual_text(TextStr(&run.text));
            }
            let name = format!("F{}", run.font);
            content.begin_text();
            content.set_font(Name(name.as_bytes()), length(text.size));
            content.next_line(length(x), length(HEIGHT - text.y));
            content.show(Str(&glyphs));
            content.end_text();
            if !run.is_known {
                content.end_marked_content();
            }
            x = x.saturating_add(run.width.saturating_mul(text.size).div_euclid(1000));
        }
    }

    fn content(&self, page: &Page) -> Result<Vec<u8>, Error> {
        let mut content = Content::new();
        // Twentieths of a point.
        content.transform([0.05, 0.0, 0.0, 0.05, 0.0, 0.0]);
        page.bars.iter().for_each(|bar| self.bar(&mut content, bar));
        page.texts.iter().for_each(|text| self.text(&mut content, text));
        compressed(&content.finish())
    }

    fn font(&self, pdf: &mut Pdf, font: usize, shown: &BTreeMap<u16, char>) -> Result<(), Error> {
        let (Some((file, name)), Some(map)) = (FILES.get(font), self.maps.get(&font)) else {
            return Ok(());
        };
        let [own, descendant, descriptor, stream, unicode] = references(font);
        let subset = subsetter::subset(file, 0, map)
            .map_err(|error| Error::Internal(format!("{name}: {error}")))?;
        let name = format!("PKINVC+{name}");
        let name = Name(name.as_bytes());
        pdf.type0_font(own)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(unicode);
        let mut cid = pdf.cid_font(descendant);
        cid.subtype(CidFontType::Type2).base_font(name).system_info(SYSTEM);
        cid.font_descriptor(descriptor).default_width(0.0);
        cid.cid_to_gid_map_predefined(Name(b"Identity"));
        let widths = map.remapped_gids().map(|id| length(self.fonts.width(font, id)));
        cid.widths().consecutive(0, widths);
        cid.finish();
        let metrics = self.fonts.metrics(font);
        let [left, bottom, right, top] = metrics.bounds.map(f32::from);
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::NON_SYMBOLIC)
            .bbox(Rect::new(left, bottom, right, top))
            .italic_angle(0.0)
            .ascent(f32::from(metrics.ascent))
            .descent(f32::from(metrics.descent))
            .cap_height(f32::from(metrics.cap_height))
            .stem_v(80.0)
            .font_file2(stream);
        let subset_file = compressed(&subset)?;
        let mut written = pdf.stream(stream, &subset_file);
        let bytes = i32::try_from(subset.len()).unwrap_or(i32::MAX);
        written.filter(Filter::FlateDecode).pair(Name(b"Length1"), bytes);
        written.finish();
        let mut cmap = UnicodeCmap::new(Name(b"Invoice"), SYSTEM);
        for (id, c) in shown {
            if let Some(id) = map.get(*id) {
                cmap.pair(id, *c);
            }
        }
        let cmap = compressed(&cmap.finish())?;
        pdf.cmap(unicode, &cmap).filter(Filter::FlateDecode);
        Ok(())
    }
}

fn references(font: usize) -> [Ref; 5] {
    let first =
        i32::try_from(font).unwrap_or_default().saturating_mul(5).saturating_add(FIRST_FONT);
    [0, 1, 2, 3, 4].map(|place| Ref::new(first.saturating_add(place)))
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_err(|error| Error::Internal(format!("a file: {error}")))
}

/// The file.
pub(super) fn file(sheet: &Sheet<'_>, fonts: &Fonts, pages: &[Page]) -> Result<Vec<u8>, Error> {
    let mut used = Used::new();
    for text in pages.iter().flat_map(|page| &page.texts) {
        for run in runs(fonts, text) {
            let shown = used.entry(run.font).or_default();
            for (id, c) in run.glyphs.iter().zip(run.text.chars()) {
                shown.entry(*id).or_insert(if run.is_known { c } else { UNKNOWN });
            }
        }
    }
    let glyphs = |shown: &BTreeMap<u16, char>| shown.keys().copied().collect::<BTreeSet<u16>>();
    let map = |shown| {
        let sorted: Vec<u16> = glyphs(shown).into_iter().collect();
        GlyphRemapper::new_from_glyphs_sorted(&sorted)
    };
    let maps = used.iter().map(|(font, shown)| (*font, map(shown))).collect();
    let writer = Writer { fonts, brand: parts(sheet.color), used, maps };
    let mut pdf = Pdf::new();
    let place = |index: usize| i32::try_from(index).unwrap_or_default().saturating_mul(2);
    let page_of = |index| Ref::new(place(index).saturating_add(FIRST_PAGE));
    let content_of = |index| Ref::new(place(index).saturating_add(FIRST_PAGE + 1));
    pdf.catalog(CATALOG).pages(PAGES).lang(TextStr(sheet.locale.as_str()));
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(PAGES).kids((0..pages.len()).map(page_of)).count(count);
    pdf.document_info(INFO).title(TextStr(&sheet.title)).producer(TextStr("PaymentKit"));
    for (index, page) in pages.iter().enumerate() {
        let content = writer.content(page)?;
        pdf.stream(content_of(index), &content).filter(Filter::FlateDecode);
        let mut written = pdf.page(page_of(index));
        written.parent(PAGES).contents(content_of(index));
        let (width, height) = (WIDTH.div_euclid(20), HEIGHT.div_euclid(20));
        written.media_box(Rect::new(0.0, 0.0, length(width), length(height)));
        let mut resources = written.resources();
        let mut named = resources.fonts();
        for font in writer.used.keys() {
            let [own, ..] = references(*font);
            named.pair(Name(format!("F{font}").as_bytes()), own);
        }
    }
    for (font, shown) in &writer.used {
        writer.font(&mut pdf, *font, shown)?;
    }
    Ok(pdf.finish())
}
