//! How whole files are damaged, and what of each may then read otherwise.

use std::io::{Cursor, Read as _, Write as _};

use fastrand::Rng;
use zip::write::SimpleFileOptions;

use super::originals::Original;

/// What a mutation may change.
pub(super) enum May {
    Nothing,
    /// These of the file's data lines, counted from 0.
    Lines(Vec<usize>),
    /// Values, but not the number of rows.
    Values,
    Anything,
}

/// Flips, overwrites, cuts out, doubles or cuts off some bytes from a place on.
fn damage(bytes: &mut Vec<u8>, from: usize, random: &mut Rng) {
    for _ in 0..random.usize(1..4) {
        if bytes.len() <= from + 1 {
            return;
        }
        let at = random.usize(from..bytes.len());
        match random.u8(0..10) {
            0..5 => bytes[at] ^= 1 << random.u8(0..8),
            5..7 => bytes[at] = *random.choice(&[0, 0xff, 0x7f, 0x80, b'"', b',', b'\n', b'0', b'9', b'-']).unwrap(),
            7 => drop(bytes.drain(at..(at + random.usize(1..9)).min(bytes.len()))),
            8 => {
                let piece: Vec<u8> = bytes[at..(at + random.usize(1..9)).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            _ if random.u8(0..4) == 0 => bytes.truncate(at.max(from + 1)),
            _ => bytes.insert(at, random.u8(..)),
        }
    }
}

/// The same table as other programs save it.
fn dressed(text: &str, random: &mut Rng) -> Vec<u8> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    match random.u8(0..6) {
        0 => lines.iter_mut().for_each(|line| line.push_str(",,")),
        1 => lines.extend([",,,,".to_owned(), String::new()]),
        2 => lines.insert(0, "sep=,".to_owned()),
        3 => lines.insert(0, "甲县结算明细,,,".to_owned()),
        4 => lines[0] = lines[0].to_uppercase(),
        _ => {}
    }
    let text = lines.join(*random.choice(&["\n", "\r\n", "\r"]).unwrap()) + if random.bool() { "\n" } else { "" };
    match random.u8(0..5) {
        0 => encoding_rs::GB18030.encode(&text).0.into_owned(),
        1 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        2 => [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect(),
        3 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        _ => text.into_bytes(),
    }
}

pub(super) fn csv_mutant(original: &Original, random: &mut Rng) -> (Vec<u8>, May) {
    let text = std::str::from_utf8(&original.bytes).unwrap();
    let mut lines: Vec<Vec<u8>> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
    let (last, at) = (lines.len() - 1, random.usize(1..lines.len()));
    match random.u8(0..10) {
        0 | 1 => (dressed(text, random), May::Nothing),
        2 => {
            let bytes = original.bytes[..random.usize(1..original.bytes.len())].to_vec();
            let whole = bytes.split(|byte| *byte == b'\n').count() - 1;
            (bytes, May::Lines((whole.saturating_sub(1)..last).collect()))
        }
        3 => {
            // The header: what it does to a name makes the file unreadable, or nothing.
            let mut header = std::mem::take(&mut lines[0]);
            let place = random.usize(..header.len());
            header[place] ^= 1 << random.u8(0..8);
            lines[0] = header;
            ([lines.join(&b'\n'), b"\n".to_vec()].concat(), May::Nothing)
        }
        4 => {
            let other = random.usize(1..lines.len());
            lines.swap(at, other);
            ([lines.join(&b'\n'), b"\n".to_vec()].concat(), May::Lines((at.min(other) - 1..at.max(other)).collect()))
        }
        _ => {
            damage(&mut lines[at], 0, random);
            ([lines.join(&b'\n'), b"\n".to_vec()].concat(), May::Lines(vec![at - 1]))
        }
    }
}

/// A workbook's bytes as they lie: what a container's checksums cover does not change unseen.
pub(super) fn packed_mutant(original: &Original, random: &mut Rng) -> (Vec<u8>, May) {
    let mut bytes = original.bytes.clone();
    damage(&mut bytes, 0, random);
    (bytes, May::Nothing)
}

/// A workbook that is packed again: as it is, or with damage within one of its parts.
pub(super) fn part_mutant(original: &Original, random: &mut Rng) -> (Vec<u8>, May) {
    let mut old = zip::ZipArchive::new(Cursor::new(&original.bytes)).unwrap();
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    for at in 0..old.len() {
        let mut part = old.by_index(at).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        parts.push((part.name().unwrap().into_owned(), bytes));
    }
    let is_damaged = random.u8(0..5) > 0;
    if is_damaged {
        let holds = |name: &str| {
            ["sheet1.xml", "sharedStrings.xml", "styles.xml", "workbook.xml", "content.xml"]
                .iter()
                .any(|end| name.ends_with(end))
        };
        let places: Vec<usize> = (0..parts.len()).filter(|at| holds(&parts[*at].0)).collect();
        let part = &mut parts[*random.choice(&places).unwrap()].1;
        if random.bool() { damage(part, 0, random) } else { retype(part, random) }
    } else {
        // The first says what kind of file it is.
        random.shuffle(&mut parts[1..]);
        parts.push(("unknown/part.bin".to_owned(), vec![random.u8(..); 64]));
    }
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (at, (name, bytes)) in parts.into_iter().enumerate() {
        let is_stored = at == 0 || random.bool();
        let method = if is_stored { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
        new.start_file(name, SimpleFileOptions::default().compression_method(method)).unwrap();
        new.write_all(&bytes).unwrap();
    }
    (new.finish().unwrap().into_inner(), if is_damaged { May::Anything } else { May::Nothing })
}

/// Puts other letters and digits in the place of some of a part's texts and numbers: what stands there reads otherwise,
/// and the part is whole.
fn retype(part: &mut [u8], random: &mut Rng) {
    let (mut is_tag, mut places) = (false, Vec::new());
    for (at, byte) in part.iter().enumerate() {
        match byte {
            b'<' => is_tag = true,
            b'>' => is_tag = false,
            _ if !is_tag && byte.is_ascii_alphanumeric() => places.push(at),
            _ => {}
        }
    }
    for _ in 0..random.usize(1..4) {
        let Some(at) = random.choice(&places) else { return };
        part[*at] = *random.choice(b"0123456789XxE").unwrap();
    }
}

pub(super) fn xls_mutant(original: &Original, random: &mut Rng) -> (Vec<u8>, May) {
    let mut bytes = original.bytes.clone();
    damage(&mut bytes, 8, random);
    (bytes, May::Anything)
}

pub(super) fn parquet_mutant(original: &Original, random: &mut Rng) -> (Vec<u8>, May) {
    let mut bytes = original.bytes.clone();
    // The footer holds all the promises: half of the damage goes there.
    let from = if random.bool() { bytes.len() - bytes.len() / 3 } else { 4 };
    match random.u8(0..10) {
        0 => bytes.truncate(random.usize(1..bytes.len())),
        _ => damage(&mut bytes, from, random),
    }
    (bytes, May::Values)
}
