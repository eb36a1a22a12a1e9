//! What stands where: the lines of a sheet over as many pages as they need.

use super::{font::Fonts, wrap};
use crate::model::{
    invoice::html::{Sheet, lines::Line},
    words::said,
};

/// A4.
pub(super) const WIDTH: i32 = 11_906;
pub(super) const HEIGHT: i32 = 16_838;
const MARGIN: i32 = 1_000;
const RIGHT: i32 = WIDTH - MARGIN;
/// Where what belongs to the text of a page ends.
const BOTTOM: i32 = HEIGHT - 1_300;
/// Between columns.
const GAP: i32 = 280;

const SMALL: i32 = 170;
const USUAL: i32 = 200;
const LARGE: i32 = 240;

/// What something is drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    Text,
    Muted,
    Faint,
    Brand,
}

/// A text that begins at a place; `y` is that of its base line, from the top.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) size: i32,
    pub(super) is_bold: bool,
    pub(super) color: Color,
    pub(super) text: String,
}

/// A filled rectangle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bar {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) color: Color,
}

/// What stands on one page.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) texts: Vec<Text>,
    pub(super) bars: Vec<Bar>,
}

/// How a text is set.
#[derive(Clone, Copy)]
struct Set {
    size: i32,
    is_bold: bool,
    color: Color,
}

const PLAIN: Set = Set { size: USUAL, is_bold: false, color: Color::Text };
const BOLD: Set = Set { is_bold: true, ..PLAIN };
const MORE: Set = Set { size: SMALL, color: Color::Muted, ..PLAIN };

impl Set {
    const fn leading(self) -> i32 {
        self.size.saturating_mul(7).div_euclid(5)
    }
}

/// The columns of the table, by their right ends.
struct Columns {
    quantity: i32,
    unit: i32,
    /// How wide the first one is.
    first: i32,
}

struct Layout<'s> {
    sheet: &'s Sheet<'s>,
    fonts: &'s Fonts,
    pages: Vec<Page>,
    /// Where the next thing begins, from the top.
    y: i32,
}

/// The pages of a sheet.
pub(super) fn pages(sheet: &Sheet<'_>, fonts: &Fonts) -> Vec<Page> {
    let mut layout = Layout { sheet, fonts, pages: vec![Page::default()], y: 0 };
    layout.head();
    layout.parties();
    layout.table();
    layout.totals();
    layout.closing();
    layout.feet();
    layout.pages
}

impl Layout<'_> {
    fn page(&mut self) -> Option<&mut Page> {
        self.pages.last_mut()
    }

    fn put(&mut self, x: i32, y: i32, text: &str, set: Set) {
        let Set { size, is_bold, color } = set;
        let text = Text { x, y, size, is_bold, color, text: text.to_owned() };
        if let Some(page) = self.page().filter(|_| !text.text.is_empty()) {
            page.texts.push(text);
        }
    }

    /// A text that ends at `right`.
    fn put_right(&mut self, right: i32, y: i32, text: &str, set: Set) {
        let width = self.fonts.measured(text, set.size, set.is_bold);
        self.put(right - width, y, text, set);
    }

    fn bar(&mut self, bar: Bar) {
        if let Some(page) = self.page() {
            page.bars.push(bar);
        }
    }

    fn line_across(&mut self, x: i32, y: i32, color: Color) {
        self.bar(Bar { x, y, width: RIGHT - x, height: 12, color });
    }

    /// Text from the left, wrapped at `width`, from where the next thing begins.
    fn paragraph(&mut self, x: i32, width: i32, text: &str, set: Set) {
        for line in wrapped(self.fonts, text, width, set) {
            self.room(set.leading());
            self.y += set.leading();
            self.put(x, self.y, &line, set);
        }
    }

    /// Goes on on another page, where less than `height` is left on this one.
    fn room(&mut self, height: i32) -> bool {
        let is_over = self.y + height > BOTTOM;
        if is_over {
            self.pages.push(Page::default());
            self.y = MARGIN;
        }
        is_over
    }

    fn head(&mut self) {
        let sheet = self.sheet;
        self.bar(Bar { x: 0, y: 0, width: WIDTH, height: 110, color: Color::Brand });
        let (top, set) = (1_150, Set { size: 320, ..BOLD });
        let title = Set { size: LARGE, is_bold: true, color: Color::Muted };
        self.put_right(RIGHT, top, sheet.kind, title);
        self.put_right(RIGHT, top + 340, sheet.number, Set { size: LARGE, ..BOLD });
        self.y = top - set.leading();
        self.paragraph(MARGIN, 6_000, sheet.brand, set);
        self.y = self.y.max(top + 340) + 700;
        let amount = Set { size: 520, ..BOLD };
        let bar = Bar { x: MARGIN, y: self.y - 480, width: 50, height: 960, color: Color::Brand };
        self.bar(bar);
        self.put(MARGIN + 220, self.y, &sheet.headline, amount);
        self.y += 360;
        let width = self.fonts.measured(sheet.state, USUAL, true);
        self.put(MARGIN + 220, self.y, sheet.state, BOLD);
        let note = Set { color: Color::Muted, ..PLAIN };
        self.put(MARGIN + 220 + width + 90, self.y, &sheet.note, note);
        self.y += 560;
    }

    fn parties(&mut self) {
        let (sheet, top) = (self.sheet, self.y);
        let middle = 6_300;
        let parties =
            [(sheet.words.sold_by, &sheet.sold_by), (sheet.words.billed_to, &sheet.billed_to)];
        for (title, party) in parties.into_iter().filter(|(_, party)| !party.is_empty()) {
            self.paragraph(MARGIN, middle - MARGIN - GAP, title, MORE);
            for (place, line) in party.iter().enumerate() {
                let set = if place == 0 { BOLD } else { PLAIN };
                self.paragraph(MARGIN, middle - MARGIN - GAP, line, set);
            }
        }
        let left = self.y;
        self.y = top;
        for (name, value) in &sheet.facts {
            self.y += PLAIN.leading();
            self.put(middle, self.y, name, MORE);
            self.put_right(RIGHT, self.y, value, PLAIN);
        }
        self.y = self.y.max(left) + 420;
        if let Some(description) = sheet.description {
            self.paragraph(MARGIN, RIGHT - MARGIN, description, PLAIN);
            self.y += 300;
        }
    }

    fn columns(&self) -> Columns {
        let (words, lines) = (self.sheet.words, &self.sheet.lines);
        let widest = |head: &str, of: for<'l> fn(&'l Line<'_>) -> &'l str| {
            let cells = lines.iter().map(|line| self.fonts.measured(of(line), USUAL, false));
            let head = self.fonts.measured(head, SMALL, true);
            cells.chain([head]).max().unwrap_or_default() + GAP
        };
        let amount = widest(words.amount, |line| &line.amount);
        let unit = widest(words.unit_price, |line| &line.unit);
        let quantity = widest(words.quantity, |line| &line.quantity);
        let first = (RIGHT - MARGIN - amount - unit - quantity).max(2_400);
        Columns { quantity: RIGHT - amount - unit, unit: RIGHT - amount, first }
    }

    fn table_head(&mut self, columns: &Columns) {
        let (words, set) = (self.sheet.words, Set { is_bold: true, ..MORE });
        self.y += set.leading();
        self.put(MARGIN, self.y, words.description, set);
        self.put_right(columns.quantity, self.y, words.quantity, set);
        self.put_right(columns.unit, self.y, words.unit_price, set);
        self.put_right(RIGHT, self.y, words.amount, set);
        self.y += 100;
        self.bar(Bar {
            x: MARGIN,
            y: self.y,
            width: RIGHT - MARGIN,
            height: 25,
            color: Color::Text,
        });
    }

    fn table(&mut self) {
        let (sheet, columns) = (self.sheet, self.columns());
        self.table_head(&columns);
        if sheet.lines.is_empty() {
            self.y += 100;
            self.paragraph(MARGIN, columns.first, sheet.words.nothing, PLAIN);
        }
        for line in &sheet.lines {
            self.row(line, &columns);
        }
    }

    /// One line: its name beside its numbers, and below what there is more to say.
    fn row(&mut self, line: &Line<'_>, columns: &Columns) {
        let names = wrapped(self.fonts, &line.name, columns.first, PLAIN);
        let more = [line.description.map(str::to_owned), line.period.clone()].into_iter().flatten();
        let more: Vec<String> = more
            .chain(line.steps.iter().cloned())
            .flat_map(|text| wrapped(self.fonts, &text, columns.first, MORE))
            .collect();
        let lines = |count: usize, set: Set| i32::try_from(count).unwrap_or(1) * set.leading();
        let discount = usize::from(line.discount.is_some());
        let height = lines(names.len(), PLAIN) + lines(more.len() + discount, MORE) + 220;
        // What is higher than a page is broken wherever it reaches its end.
        if self.room(height.min(BOTTOM - MARGIN - 600)) {
            self.table_head(columns);
        }
        self.y += 90;
        for (place, name) in names.iter().enumerate() {
            self.y += PLAIN.leading();
            self.put(MARGIN, self.y, name, PLAIN);
            if place == 0 {
                self.put_right(columns.quantity, self.y, &line.quantity, PLAIN);
                self.put_right(columns.unit, self.y, &line.unit, PLAIN);
                self.put_right(RIGHT, self.y, &line.amount, PLAIN);
            }
        }
        for text in more {
            self.paragraph(MARGIN, columns.first, &text, MORE);
        }
        if let Some((name, amount)) = &line.discount {
            self.y += MORE.leading();
            self.put(MARGIN, self.y, name, MORE);
            self.put_right(RIGHT, self.y, amount, MORE);
        }
        self.y += 110;
        self.line_across(MARGIN, self.y, Color::Faint);
    }

    fn totals(&mut self) {
        let left = 6_000;
        self.y += 200;
        // What the lines come to stands together.
        let rows = i32::try_from(self.sheet.totals.len()).unwrap_or(1);
        self.room(rows.saturating_mul(400).min(BOTTOM - MARGIN));
        for total in &self.sheet.totals {
            let set = if total.strong { Set { size: LARGE - 20, ..BOLD } } else { PLAIN };
            let amount = self.fonts.measured(&total.amount, set.size, set.is_bold);
            let names = wrapped(self.fonts, &total.name, RIGHT - left - amount - GAP, set);
            let count = i32::try_from(names.len()).unwrap_or(1);
            self.room(count * set.leading() + 120);
            if total.strong {
                self.y += 60;
                self.line_across(left, self.y, Color::Faint);
                self.y += 60;
            }
            for (place, name) in names.iter().enumerate() {
                self.y += set.leading();
                self.put(left, self.y, name, set);
                if place == 0 {
                    self.put_right(RIGHT, self.y, &total.amount, set);
                }
            }
        }
    }

    fn closing(&mut self) {
        self.y += 300;
        if let Some(notice) = &self.sheet.notice {
            self.paragraph(MARGIN, RIGHT - MARGIN, notice, PLAIN);
        }
        if let Some(questions) = &self.sheet.questions {
            self.y += 100;
            self.paragraph(MARGIN, RIGHT - MARGIN, questions, MORE);
        }
    }

    /// At the foot of each page what it is a page of.
    fn feet(&mut self) {
        let (sheet, count) = (self.sheet, self.pages.len().to_string());
        let y = HEIGHT - 760;
        for place in 0..self.pages.len() {
            let number = place.saturating_add(1).to_string();
            let page = said(sheet.words.page, &[("number", &number), ("count", &count)]);
            let width = self.fonts.measured(&page, SMALL, false);
            let text = |x, text: String| Text {
                x,
                y,
                size: SMALL,
                is_bold: false,
                color: Color::Muted,
                text,
            };
            let whose = text(MARGIN, cut(self.fonts, &sheet.title, RIGHT - MARGIN - width - GAP));
            if let Some(at) = self.pages.get_mut(place) {
                at.bars.push(Bar {
                    x: MARGIN,
                    y: y - 260,
                    width: RIGHT - MARGIN,
                    height: 12,
                    color: Color::Faint,
                });
                at.texts.push(whose);
                at.texts.push(text(RIGHT - width, page));
            }
        }
    }
}

/// A text in lines of at most `width`.
fn wrapped(fonts: &Fonts, text: &str, width: i32, set: Set) -> Vec<String> {
    wrap::wrapped(fonts, text, width, (set.size, set.is_bold))
}

/// As much of a small text as fits.
fn cut(fonts: &Fonts, text: &str, width: i32) -> String {
    wrapped(fonts, text, width, MORE).into_iter().next().unwrap_or_default()
}
