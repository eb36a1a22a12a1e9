//! A text in lines that are not too wide.

use super::font::Fonts;

/// A text in lines of at most `width`: broken at spaces, before and after characters of East Asia, and
/// within a word only where that is wider than a line.
pub(super) fn wrapped(
    fonts: &Fonts,
    text: &str,
    width: i32,
    (size, is_bold): (i32, bool),
) -> Vec<String> {
    let most = width.saturating_mul(1000).checked_div(size).unwrap_or_default();
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let (mut line, mut used) = (String::new(), 0);
        for piece in pieces(paragraph) {
            let wide =
                |text: &str| text.chars().map(|c| fonts.glyph(c, is_bold).width).sum::<i32>();
            let own = wide(piece.trim_end());
            if used + own > most && !line.is_empty() {
                lines.push(line.trim_end().to_owned());
                (line, used) = (String::new(), 0);
            }
            if own <= most {
                line.push_str(piece);
                used += wide(piece);
                continue;
            }
            for c in piece.chars() {
                let own = fonts.glyph(c, is_bold).width;
                if used + own > most && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push(c);
                used += own;
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// The parts of a text between which a line may end.
fn pieces(text: &str) -> Vec<&str> {
    let is_wide = |c: char| matches!(u32::from(c), 0x2E80..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0xFF00..=0xFF60 | 0x20000..);
    // What may not begin a line.
    let closes = |c: char| "、。，．）」』】〉》・：；！？ー％".contains(c);
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        let after_space = before.is_some_and(|before| before == ' ') && c != ' ';
        let wide = before.is_some_and(|before| is_wide(before) || is_wide(c)) && !closes(c);
        if after_space || wide {
            pieces.push(text.get(start..at).unwrap_or_default());
            start = at;
        }
        before = Some(c);
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces
}
