//! Bar charts as SVG text: what a page needs, with whole numbers only. Pure.
//!
//! Colours are told apart by everybody (Okabe and Ito) and differ in lightness, for black-and-white print; every bar
//! says its number, and a hidden one is hatched and says ＊.

use std::fmt::Write as _;

/// Width of a chart in its own units.
const WIDTH: u64 = 460;
const NAMES: u64 = 134;
/// Room for numbers behind bars.
const NUMBERS: u64 = 58;
const ROW: u64 = 24;
const BAR: u64 = 14;
/// Length of a bar whose number is hidden.
const HIDDEN: u64 = 14;
const COLOURS: [&str; 6] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"];
const HATCH: &str = "<defs><pattern id=\"h\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\" \
    patternTransform=\"rotate(45)\"><rect width=\"4\" height=\"4\" fill=\"#fff\"/><rect width=\"1.4\" height=\"4\" \
    fill=\"#888\"/></pattern></defs>";

/// One bar: its name, its parts, and the number behind it.
pub(super) struct Bar {
    pub(super) name: String,
    /// Its parts, in the order of the legend.
    pub(super) parts: Vec<Option<u64>>,
    /// The sum, as it may be shown.
    pub(super) total: Option<u64>,
}

/// Horizontal bars, each stacked from the parts that the legend names.
pub(super) fn stacked(title: &str, legend: &[String], bars: &[Bar]) -> String {
    let room = WIDTH - NAMES - NUMBERS;
    let hidden = |bar: &Bar| bar.parts.iter().filter(|part| part.is_none()).count() as u64 * HIDDEN;
    let length = |bar: &Bar| bar.parts.iter().flatten().sum::<u64>();
    let most = bars.iter().map(length).max().unwrap_or(0).max(1);
    let room = room - bars.iter().map(hidden).max().unwrap_or(0).min(room / 2);
    let (mut svg, top) = open(title, legend, bars.len());
    for (at, bar) in bars.iter().enumerate() {
        let y = top + at as u64 * ROW;
        name(&mut svg, &bar.name, NAMES - 8, y);
        let mut x = NAMES;
        for (part, colour) in bar.parts.iter().zip(COLOURS.iter().cycle()) {
            let (width, fill) = match part {
                Some(count) => (scaled(*count, most, room), *colour),
                None => (HIDDEN, "url(#h)"),
            };
            rect(&mut svg, x, y, width, fill);
            x += width;
        }
        number(&mut svg, x + 5, y, "start", bar.total);
    }
    svg + "</svg>"
}

/// Bars to both sides of a middle: two numbers for each name.
pub(super) fn opposed(title: &str, legend: [&str; 2], bars: &[(String, [Option<u64>; 2])]) -> String {
    let half = (WIDTH - NAMES) / 2;
    let room = half - NUMBERS + 12;
    let most = bars.iter().flat_map(|(_, sides)| sides).flatten().copied().max().unwrap_or(0).max(1);
    let legend = legend.map(str::to_owned);
    let (mut svg, top) = open(title, &legend, bars.len());
    let middle = NAMES + half;
    for (at, (text, sides)) in bars.iter().enumerate() {
        let y = top + at as u64 * ROW;
        name(&mut svg, text, NAMES - 8, y);
        for (side, count) in sides.iter().enumerate() {
            let (width, fill) = match count {
                Some(count) => (scaled(*count, most, room), COLOURS[side]),
                None => (HIDDEN, "url(#h)"),
            };
            let (x, text_x, anchor) = if side == 0 {
                (middle - width, middle - width - 5, "end")
            } else {
                (middle, middle + width + 5, "start")
            };
            rect(&mut svg, x, y, width, fill);
            number(&mut svg, text_x, y, anchor, *count);
        }
    }
    let bottom = top + bars.len() as u64 * ROW;
    let _ = write!(svg, "<path d=\"M{middle} {top}V{bottom}\" stroke=\"#444\"/>");
    svg + "</svg>"
}

/// The head of a chart with its legend; answers where the first bar begins.
fn open(title: &str, legend: &[String], bars: usize) -> (String, u64) {
    let lines = legend.len().div_ceil(2) as u64;
    let top = if legend.is_empty() { 4 } else { lines * 20 + 8 };
    let height = top + bars as u64 * ROW + 4;
    let title = escaped(title);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\"><title>{title}</title>{HATCH}"
    );
    for (at, (text, colour)) in legend.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let (x, y) = (at as u64 % 2 * (WIDTH / 2), at as u64 / 2 * 20 + 4);
        let (text_x, text_y, text) = (x + 18, y + 11, escaped(&shortened(text, 16)));
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\
             <text x=\"{text_x}\" y=\"{text_y}\">{text}</text>"
        );
    }
    (svg, top)
}

fn scaled(count: u64, most: u64, room: u64) -> u64 {
    // whoever is there is seen
    if count == 0 { 0 } else { (count.saturating_mul(room) / most).max(1) }
}

fn rect(svg: &mut String, x: u64, y: u64, width: u64, fill: &str) {
    if width > 0 {
        let y = y + (ROW - BAR) / 2;
        let edge = if fill.starts_with("url") { " stroke=\"#888\" stroke-width=\"0.6\"" } else { "" };
        let _ = write!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BAR}\" fill=\"{fill}\"{edge}/>");
    }
}

fn name(svg: &mut String, text: &str, x: u64, y: u64) {
    let (y, text) = (y + ROW / 2 + 4, escaped(&shortened(text, 9)));
    let _ = write!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{text}</text>");
}

fn number(svg: &mut String, x: u64, y: u64, anchor: &str, count: Option<u64>) {
    let (y, text) = (y + ROW / 2 + 4, super::numbers::count(count));
    let _ = write!(svg, "<text class=\"n\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>");
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_in_proportion_and_hidden_numbers_have_no_length_of_their_own() {
        let bar =
            |name: &str, parts: [Option<u64>; 2], total| Bar { name: name.to_owned(), parts: parts.into(), total };
        let bars = [bar("甲<县>", [Some(200), Some(0)], Some(200)), bar("乙县", [Some(100), None], None)];
        let svg = stacked("图", &["一".to_owned(), "二".to_owned()], &bars);
        assert!(svg.contains("甲&lt;县&gt;") && !svg.contains("<县"), "{svg}");
        let room = WIDTH - NAMES - NUMBERS - HIDDEN;
        assert!(
            svg.contains(&format!("width=\"{room}\"")) && svg.contains(&format!("width=\"{}\"", room / 2)),
            "{svg}"
        );
        assert_eq!(svg.matches("url(#h)\"").count(), 1, "{svg}");
        let svg = opposed("图", ["减", "增"], &[("甲".to_owned(), [None, Some(7)])]);
        assert!(svg.contains("＊") && svg.contains(">7<"), "{svg}");
    }
}
