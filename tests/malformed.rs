//! Malformed files of all formats: what nobody can read is refused, and what is read is what stands there.
//!
//! A mutation either leaves what the file says (another dress, a container with checksums), so that the file reads the
//! same or is refused; or touches known lines, so that all others read the same; or may change any value, where nothing
//! in the file shows it: then it must not end the reader, and Parquet must keep its number of rows.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use arrow::util::display::array_value_to_string;
use fastrand::Rng;
use intake::gate::open_here;
use intake::{GateJob, GateVerdict, run_gate};
use law::contracts::{Feed, TagAliases};
use law::profiles::{Profiles, parse_profiles};
use zip::write::SimpleFileOptions;

use crate::gate::{Bench, PROGRAM, columns, parquet_of};

/// What the gate says where a reader has panicked.
const PANIC: &str = "the decoder failed";
/// No mutant takes longer.
const LONGEST: Duration = Duration::from_secs(10);

/// What a mutation may change.
enum May {
    Nothing,
    /// These of the file's data lines, counted from 0.
    Lines(Vec<usize>),
    /// Values, but not the number of rows.
    Values,
    Anything,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    files: usize,
    refused: usize,
    equal: usize,
    altered: usize,
    differing: usize,
    panics: usize,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.refused += other.refused;
        self.equal += other.equal;
        self.altered += other.altered;
        self.differing += other.differing;
        self.panics += other.panics;
    }
}

/// A whole file and what it says.
struct Original {
    feed: Feed,
    name: &'static str,
    bytes: Vec<u8>,
    profiles: Profiles,
}

impl Original {
    fn job(&self, bench: &Bench) -> GateJob {
        let whole = bench.job(self.feed, &bench.path(self.name));
        // The tables are read anew for each file: as much of them as these files need.
        let tag_aliases = whole.tag_aliases.iter().filter(|row| row.alias == "低保").cloned().collect();
        let codes = if self.feed == Feed::Rosters { Vec::new() } else { whole.codes.clone() };
        GateJob { profiles: self.profiles.clone(), threads: 1, tag_aliases, codes, ..whole }
    }
}

/// Puts a file in a job's place.
fn put(job: &GateJob, bytes: &[u8]) {
    std::fs::write(&job.input, bytes).unwrap();
    let _ = std::fs::remove_dir_all(&job.output);
    std::fs::create_dir_all(&job.output).unwrap();
}

/// The accepted rows in the file's order, without the numbers of their lines.
fn rows(bench: &Bench) -> Vec<String> {
    let mut found = BTreeMap::new();
    for batch in bench.staged() {
        let schema = batch.schema();
        for row in 0..batch.num_rows() {
            let cell = |at: usize| array_value_to_string(batch.column(at), row).unwrap();
            let own = schema.fields().iter().enumerate().filter(|(_, field)| field.name() != "source_row");
            let text: Vec<String> = own.map(|(at, _)| cell(at)).collect();
            let number: i64 = cell(schema.index_of("source_row").unwrap()).parse().unwrap();
            found.entry((number, found.len())).or_insert_with(|| text.join("\u{1f}"));
        }
    }
    found.into_values().collect()
}

/// Opens mutants in this process and counts; what goes wrong is told with its seed.
fn through(original: &Original, files: usize, seed: u64, mutate: fn(&Original, &mut Rng) -> (Vec<u8>, May)) -> Counts {
    let bench = Bench::new();
    let job = original.job(&bench);
    put(&job, &original.bytes);
    let whole = open_here(&job).unwrap();
    let GateVerdict::Staged(whole) = whole else { panic!("{}: {whole:?}", original.name) };
    let expected = rows(&bench);
    assert!(!expected.is_empty() && whole.outcome.rejected.is_empty(), "{}: {whole:?}", original.name);
    let mut counts = Counts::default();
    for number in 0..files {
        let mut random = Rng::with_seed(seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (bytes, may) = mutate(original, &mut random);
        let begun = Instant::now();
        put(&job, &bytes);
        let verdict = open_here(&job).unwrap();
        assert!(begun.elapsed() < LONGEST, "{} {number} took {:?}", original.name, begun.elapsed());
        counts.files += 1;
        let report = match verdict {
            GateVerdict::Refused { reason } if reason.starts_with(PANIC) => {
                println!("panic: {} {seed} {number}", original.name);
                counts.panics += 1;
                continue;
            }
            GateVerdict::Refused { .. } => {
                counts.refused += 1;
                continue;
            }
            GateVerdict::Staged(report) => report,
        };
        let found = rows(&bench);
        let is_sound = match may {
            _ if found == expected => {
                counts.equal += 1;
                continue;
            }
            May::Nothing => false,
            May::Lines(lines) => {
                let mut found = found.iter();
                let mut others = expected.iter().enumerate().filter(|(at, _)| !lines.contains(at));
                others.all(|(_, row)| found.any(|other| other == row))
            }
            May::Values => report.outcome.read.rows == whole.outcome.read.rows,
            May::Anything => true,
        };
        if is_sound {
            counts.altered += 1;
        } else {
            println!("differs: {} {seed} {number}: {} rows of {}", original.name, found.len(), expected.len());
            if let Some((was, is)) = expected.iter().zip(&found).find(|(was, is)| was != is) {
                println!("  {was:?}\n  {is:?}");
            }
            counts.differing += 1;
        }
    }
    counts
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/forms").join(name)).unwrap()
}

fn roster(name: &'static str) -> Original {
    let aliases = TagAliases::new([("低保", "subsistence")]).unwrap();
    let text = "[[files]]\nmatch = \"hidden*\"\nhidden_rows = \"read\"\nhidden_columns = \"read\"\n";
    let profiles = parse_profiles(Feed::Rosters, "profiles", text, &aliases).unwrap();
    Original { feed: Feed::Rosters, name, bytes: fixture(name), profiles }
}

fn claims_csv() -> Original {
    let mut text =
        "setl_id,certno,psn_name,insutype,med_type,setl_time,medfee_sumamt,fulamt_ownpay_amt,overlmt_selfpay,\
                    preselfpay_amt,inscp_amt,fund_pay_sumamt,psn_pay\n"
            .to_owned();
    for row in 0..40 {
        let id = crate::workspace::whole_id(&format!("99010319620305{row:03}"));
        let name = ["陈甲", "\"古丽,米娜\"", "O'Neil", "欧阳\"\"乙"][row % 4].replace("\"\"", "");
        let month = row % 12 + 1;
        text += &format!(
            "S{row:04},{id},{name},390,21,2026-{month:02}-05 10:00:00,100.00,10.00,5.00,5.00,80.00,60.00,40.00\n"
        );
    }
    Original { feed: Feed::Claims, name: "c.csv", bytes: text.into_bytes(), profiles: Profiles::default() }
}

fn claims_parquet() -> Original {
    let bytes = parquet_of(columns(60));
    Original { feed: Feed::Claims, name: "c.parquet", bytes, profiles: Profiles::default() }
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

fn csv_mutant(original: &Original, random: &mut Rng) -> (Vec<u8>, May) {
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
fn packed_mutant(original: &Original, random: &mut Rng) -> (Vec<u8>, May) {
    let mut bytes = original.bytes.clone();
    damage(&mut bytes, 0, random);
    (bytes, May::Nothing)
}

/// A workbook that is packed again: as it is, or with damage within one of its parts.
fn part_mutant(original: &Original, random: &mut Rng) -> (Vec<u8>, May) {
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
        damage(&mut parts[*random.choice(&places).unwrap()].1, 0, random);
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

fn xls_mutant(original: &Original, random: &mut Rng) -> (Vec<u8>, May) {
    let mut bytes = original.bytes.clone();
    damage(&mut bytes, 8, random);
    (bytes, May::Anything)
}

fn parquet_mutant(original: &Original, random: &mut Rng) -> (Vec<u8>, May) {
    let mut bytes = original.bytes.clone();
    // The footer holds all the promises: half of the damage goes there.
    let from = if random.bool() { bytes.len() - bytes.len() / 3 } else { 4 };
    damage(&mut bytes, from, random);
    (bytes, May::Values)
}

type Mutate = fn(&Original, &mut Rng) -> (Vec<u8>, May);

/// Format, original, how it is mutated, how many files. Those of `.xls` go through the child alone: its reader makes room
/// for as many cells as a damaged file claims, which ends a process without limits.
fn families() -> Vec<(&'static str, Original, Mutate, usize)> {
    vec![
        ("csv", claims_csv(), csv_mutant, 1_800),
        ("xlsx as packed", roster("hidden.xlsx"), packed_mutant, 800),
        ("xlsx by parts", roster("hidden.xlsx"), part_mutant, 800),
        ("ods as packed", roster("hidden.ods"), packed_mutant, 800),
        ("ods by parts", roster("hidden.ods"), part_mutant, 800),
        ("parquet", claims_parquet(), parquet_mutant, 1_000),
    ]
}

#[test]
fn malformed_files_are_refused_or_read_as_they_stand() {
    let begun = Instant::now();
    let families = families();
    let results: Vec<(&str, Counts)> = std::thread::scope(|scope| {
        let parts: Vec<_> = families.chunks(families.len().div_ceil(2)).collect();
        let work = |part: &[(&'static str, Original, Mutate, usize)]| {
            part.iter()
                .map(|(name, original, mutate, files)| (*name, through(original, *files, 20_261_130, *mutate)))
                .collect()
        };
        let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || -> Vec<_> { work(part) })).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut all = Counts::default();
    for (name, counts) in results {
        println!("malformed {name}: {counts:?}");
        // A family of which nothing is refused, or nothing read, tests nothing.
        assert!(counts.refused > 0 && counts.equal > 0, "{name}: {counts:?}");
        all += counts;
    }
    let Counts { files, refused, equal, altered, differing, panics } = all;
    println!(
        "malformed: {files} files, {refused} refused, {equal} equal, {altered} altered where nothing shows it, \
         {differing} differing, {panics} panics, {:?}",
        begun.elapsed()
    );
    assert_eq!((differing, panics), (0, 0));
}

#[test]
fn the_child_says_of_malformed_files_what_the_readers_say() {
    let (mut files, mut refused) = (0, 0);
    let old = roster("hidden.xls");
    let bench = Bench::new();
    let job = old.job(&bench);
    for number in 0..300_u64 {
        put(&job, &xls_mutant(&old, &mut Rng::with_seed(number)).0);
        if let GateVerdict::Refused { reason } = run_gate(Path::new(PROGRAM), &job).unwrap() {
            assert!(!reason.starts_with(PANIC), "xls {number}");
            refused += 1;
        }
        files += 1;
    }
    assert!((1..300).contains(&refused), "{refused}");
    for (name, original, mutate, _) in families() {
        let bench = Bench::new();
        let job = original.job(&bench);
        for number in 0..75 {
            let mut random = Rng::with_seed(7_u64 ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let (bytes, _) = mutate(&original, &mut random);
            put(&job, &bytes);
            let here = open_here(&job).unwrap();
            let by_child = run_gate(Path::new(PROGRAM), &job).unwrap();
            // A report goes through JSON.
            assert_eq!(by_child, here, "{name} {number}");
            files += 1;
            refused += usize::from(matches!(by_child, GateVerdict::Refused { .. }));
        }
    }
    println!("malformed through the child: {files} files, {refused} refused");
}
