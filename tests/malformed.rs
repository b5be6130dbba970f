//! Malformed files of all formats: what nobody can read is refused, and what is read is what stands there.
//!
//! A mutation either leaves what the file says (another dress, a container with checksums), so that the file reads the
//! same or is refused; or touches known lines, so that all others read the same; or may change any value, where nothing
//! in the file shows it: then it must not end the reader, and Parquet must keep its number of rows.
//!
//! `MALFORMED_FILES`: how many files are opened in this process. `MALFORMED_FOLDER`: a folder into which some thousand of
//! those that were read are written, each with the rows that the gate accepted, for `tests/readers/malformed_check.py`,
//! which reads them anew.

mod mutate;
mod originals;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use arrow::array::{Array as _, AsArray as _, RecordBatch, StructArray};
use arrow::compute::concat_batches;
use arrow::datatypes::Int64Type;
use arrow::ipc::reader::FileReader;
use fastrand::Rng;
use intake::gate::open_here;
use intake::{GateJob, GateReport, GateVerdict, run_gate};
use law::contracts::{Feed, Language, to_json, to_text};
use serde_json::{Value, json};

use crate::gate::{Bench, PROGRAM};
use mutate::{May, csv_mutant, packed_mutant, parquet_mutant, part_mutant, xls_mutant};
use originals::{Original, checked_parquet, claims_csv, claims_parquet, roster, typed_roster};

/// What the gate says where the Parquet library has stopped at a page, which it does of some damaged ones.
const STOPPED: &str = "damaged Parquet file: a page that contradicts itself";
/// What the gate says where a reader has panicked.
const PANIC: &str = "the decoder failed";
/// No mutant takes longer.
const LONGEST: Duration = Duration::from_secs(10);
/// Files that are opened in this process where nobody says how many.
const FILES: usize = 50_000;
/// Files of each kind of which one bit is flipped.
const FLIPS: u64 = 1_000;
/// One in so many files is written for the second readers.
const WRITTEN: usize = 10;

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    files: usize,
    refused: usize,
    equal: usize,
    altered: usize,
    differing: usize,
    panics: usize,
    /// Of the refused ones.
    stopped: usize,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.refused += other.refused;
        self.equal += other.equal;
        self.altered += other.altered;
        self.differing += other.differing;
        self.panics += other.panics;
        self.stopped += other.stopped;
    }
}

/// Puts a file in a job's place.
fn put(job: &GateJob, bytes: &[u8]) {
    std::fs::create_dir_all(&job.output).unwrap();
    std::fs::write(&job.input, bytes).unwrap();
}

/// Where the accepted rows lie.
fn staged(job: &GateJob, report: &GateReport) -> Option<PathBuf> {
    report.staged.first().map(|file| job.output.join(&file.name))
}

/// The accepted rows in the file's order, without the numbers of their lines.
fn rows(job: &GateJob, report: &GateReport) -> Option<StructArray> {
    let reader = FileReader::try_new(std::fs::File::open(staged(job, report)?).unwrap(), None).unwrap();
    let schema = reader.schema();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    let mut all = concat_batches(&schema, &batches).unwrap();
    let numbers = all.remove_column(schema.index_of("source_row").unwrap());
    assert!(numbers.as_primitive::<Int64Type>().values().is_sorted());
    Some(all.into())
}

/// A kind of mutants of one original.
struct Family {
    name: &'static str,
    original: Original,
    mutate: fn(&Original, &mut Rng) -> (Vec<u8>, May),
    /// Of 100 files, so many are of this kind.
    share: usize,
}

/// Those of `.xls` go through the child alone: its reader makes room for as many cells as a damaged file claims, which
/// ends a process without limits.
fn families() -> Vec<Family> {
    let family = |name, original, mutate, share| Family { name, original, mutate, share };
    vec![
        family("csv", claims_csv(), csv_mutant, 36),
        family("xlsx as packed", roster("hidden.xlsx"), packed_mutant, 12),
        family("xlsx by parts", roster("hidden.xlsx"), part_mutant, 8),
        family("typed xlsx by parts", typed_roster(), part_mutant, 8),
        family("ods as packed", roster("hidden.ods"), packed_mutant, 8),
        family("ods by parts", roster("hidden.ods"), part_mutant, 8),
        family("parquet", claims_parquet(), parquet_mutant, 12),
        family("parquet with checksums", checked_parquet(), parquet_mutant, 8),
    ]
}

fn mutant(family: &Family, number: usize) -> (Vec<u8>, May) {
    let mut random = Rng::with_seed(0x0135_290a ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    (family.mutate)(&family.original, &mut random)
}

/// What the whole file says.
struct Expected {
    rows: StructArray,
    read: u64,
}

fn expected(family: &Family, job: &GateJob) -> Expected {
    put(job, &family.original.bytes);
    let GateVerdict::Staged(whole) = open_here(job).unwrap() else { panic!("{}", family.name) };
    assert!(whole.outcome.rejected.is_empty(), "{}: {whole:?}", family.name);
    Expected { rows: rows(job, &whole).unwrap(), read: whole.outcome.read.rows }
}

/// Opens mutants in this process and counts; what goes wrong is told with its number.
fn through(family: &Family, numbers: impl Iterator<Item = usize>, keep: Option<&Path>) -> (Counts, Vec<Value>) {
    let bench = Bench::new();
    let job = family.original.job(&bench);
    let expected = expected(family, &job);
    let (mut counts, mut kept) = (Counts::default(), Vec::new());
    for number in numbers {
        let (bytes, may) = mutant(family, number);
        let begun = Instant::now();
        put(&job, &bytes);
        let verdict = open_here(&job).unwrap();
        assert!(begun.elapsed() < LONGEST, "{} {number} took {:?}", family.name, begun.elapsed());
        counts.files += 1;
        let report = match verdict {
            GateVerdict::Refused { reason } => {
                assert!(!names_anybody(&reason), "{} {number}: {reason}", family.name);
                let is_panic = reason.starts_with(PANIC);
                if is_panic {
                    println!("panic: {} {number}", family.name);
                }
                counts.panics += usize::from(is_panic);
                counts.stopped += usize::from(reason.starts_with(STOPPED));
                counts.refused += usize::from(!is_panic);
                continue;
            }
            GateVerdict::Staged(report) => report,
        };
        if let Some(folder) = keep.filter(|_| number % WRITTEN == 0) {
            kept.push(written(folder, (family, number), &bytes, (&job, &report)));
        }
        let found = rows(&job, &report);
        if found.as_ref() == Some(&expected.rows) {
            counts.equal += 1;
        } else if is_sound(&may, found.as_ref(), &expected, report.outcome.read.rows) {
            counts.altered += 1;
        } else {
            println!("differs: {} {number}: {found:?}", family.name);
            counts.differing += 1;
        }
    }
    (counts, kept)
}

/// Whether a refusal says who somebody is: a name of the originals, or a number as long as an id's. A heading that means
/// nothing is quoted; damage may have put any cell in its place.
fn names_anybody(reason: &str) -> bool {
    let quotes = |part: &&str| part.contains("\" is unknown") || part.contains(" twice: ");
    let parts: String = reason.split("; ").filter(|part| !quotes(part)).collect();

    // A mask is all nines.
    let is_number = |run: &str| run.len() >= 15 && run.bytes().any(|digit| digit != b'9');
    ["陈甲", "古丽", "O'Neil", "欧阳", "陈 甲", "甲0", "甲4"].iter().any(|name| parts.contains(name))
        || reason.split(|c: char| !c.is_ascii_digit()).any(is_number)
}

/// Whether no more has changed than the mutation may change.
fn is_sound(may: &May, found: Option<&StructArray>, expected: &Expected, read: u64) -> bool {
    match may {
        May::Nothing => false,
        May::Lines(lines) => {
            let mut found = (0..found.map_or(0, StructArray::len)).filter_map(|at| Some(found?.slice(at, 1)));
            let mut others = (0..expected.rows.len()).filter(|at| !lines.contains(at));
            others.all(|at| {
                let row = expected.rows.slice(at, 1);
                found.any(|other| other == row)
            })
        }
        May::Values => read == expected.read,
        May::Anything => true,
    }
}

/// Leaves a mutant and what the gate accepted of it for the second reader.
fn written(
    folder: &Path,
    (family, number): (&Family, usize),
    bytes: &[u8],
    (job, report): (&GateJob, &GateReport),
) -> Value {
    let ending = Path::new(family.original.name).extension().unwrap().to_str().unwrap();
    let name = format!("{}-{number}", family.name.replace(' ', "-"));
    std::fs::write(folder.join(format!("{name}.{ending}")), bytes).unwrap();
    if let Some(rows) = staged(job, report) {
        std::fs::copy(rows, folder.join(format!("{name}.arrow"))).unwrap();
    }
    let read = report.outcome.read.rows;
    json!({ "name": name, "ending": ending, "feed": family.original.feed().name(), "read": read })
}

/// Whole numbers from the environment.
fn stated(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn malformed_files_are_refused_or_read_as_they_stand() {
    let (begun, families) = (Instant::now(), families());
    let files = stated("MALFORMED_FILES").unwrap_or(FILES);
    let folder = std::env::var_os("MALFORMED_FOLDER").map(PathBuf::from);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    assert_eq!(families.iter().map(|family| family.share).sum::<usize>(), 100);
    let (mut all, mut kept) = (Counts::default(), Vec::new());
    for family in &families {
        let (files, keep) = ((files * family.share).div_ceil(100), folder.as_deref());
        let parts: Vec<(Counts, Vec<Value>)> = std::thread::scope(|scope| {
            let work = move |first: usize| through(family, (first..files).step_by(threads), keep);
            let parts: Vec<_> = (0..threads).map(|first| scope.spawn(move || work(first))).collect();
            parts.into_iter().map(|part| part.join().unwrap()).collect()
        });
        let mut counts = Counts::default();
        for (part, written) in parts {
            counts += part;
            kept.extend(written);
        }
        println!("malformed {}: {counts:?}, {:?} since the start", family.name, begun.elapsed());
        // A family of which nothing is refused, or nothing read, tests nothing.
        assert!(counts.refused > 0 && counts.equal > 0, "{}: {counts:?}", family.name);
        all += counts;
    }
    let Counts { files, refused, equal, altered, differing, panics, stopped } = all;
    println!(
        "malformed: {files} files, {refused} refused ({stopped} where the Parquet library stops), {equal} equal, {altered} altered where nothing shows it, \
         {differing} differing, {panics} panics, {:?}",
        begun.elapsed()
    );
    if let Some(folder) = folder {
        let feeds = [Feed::Claims, Feed::Rosters].map(|feed| (feed.name().to_owned(), to_json(feed.contract())));
        let contracts: serde_json::Map<String, Value> = feeds.into_iter().collect();
        let counts = json!({ "files": files, "refused": refused, "panics": panics });
        let text = json!({ "counts": counts, "contracts": contracts, "files": kept }).to_string();
        std::fs::write(folder.join("index.json"), text).unwrap();
    }
    assert_eq!((differing, panics), (0, 0));
}

/// What becomes of files of which one bit is flipped.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Flips {
    refused: usize,
    /// At least one row is rejected: by the identities of its amounts, its id's check digit, the form of a cell.
    rejected: usize,
    unchanged: usize,
    /// Another value is accepted.
    passed: usize,
}

fn flips(original: &Original) -> Flips {
    let bench = Bench::new();
    let job = original.job(&bench);
    put(&job, &original.bytes);
    let GateVerdict::Staged(whole) = open_here(&job).unwrap() else { panic!("{}", original.name) };
    let expected = rows(&job, &whole).unwrap();
    let mut flips = Flips::default();
    for number in 0..FLIPS {
        let mut random = Rng::with_seed(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut bytes = original.bytes.clone();
        let at = random.usize(..bytes.len());
        bytes[at] ^= 1 << random.u8(0..8);
        put(&job, &bytes);
        match open_here(&job).unwrap() {
            GateVerdict::Refused { .. } => flips.refused += 1,
            GateVerdict::Staged(report) if !report.outcome.rejected.is_empty() => flips.rejected += 1,
            GateVerdict::Staged(report) if rows(&job, &report).as_ref() == Some(&expected) => flips.unchanged += 1,
            GateVerdict::Staged(_) => flips.passed += 1,
        }
    }
    flips
}

#[test]
fn the_contract_says_what_becomes_of_one_flipped_bit() {
    let said: Vec<String> = [claims_csv(), claims_parquet(), checked_parquet()]
        .iter()
        .map(|original| {
            let Flips { refused, rejected, unchanged, passed } = flips(original);
            println!("flipped bits, {}: {FLIPS} files, {refused} refused, {rejected} with rejected rows, {unchanged} unchanged, {passed} passed", original.name);
            format!("{refused}/{rejected}/{unchanged}/{passed}")
        })
        .collect();
    for language in [Language::English, Language::Chinese] {
        let printed = to_text(Feed::Claims.contract(), &[], language);
        for figures in &said {
            assert!(printed.contains(figures), "{figures}: {printed}");
        }
    }
}

#[test]
fn the_child_says_of_malformed_files_what_the_readers_say() {
    let (mut files, mut refused) = (0, 0);
    let old = roster("hidden.xls");
    let bench = Bench::new();
    let job = old.job(&bench);
    for number in 0..270_u64 {
        put(&job, &xls_mutant(&old, &mut Rng::with_seed(number)).0);
        if let GateVerdict::Refused { reason } = run_gate(Path::new(PROGRAM), &job).unwrap() {
            assert!(!reason.starts_with(PANIC), "xls {number}");
            refused += 1;
        }
        files += 1;
    }
    assert!((1..270).contains(&refused), "{refused}");
    for family in families() {
        let bench = Bench::new();
        let job = family.original.job(&bench);
        for number in 0..60 {
            put(&job, &mutant(&family, number).0);
            let here = open_here(&job).unwrap();
            let by_child = run_gate(Path::new(PROGRAM), &job).unwrap();
            // A report goes through JSON.
            assert_eq!(by_child, here, "{} {number}", family.name);
            files += 1;
            refused += usize::from(matches!(by_child, GateVerdict::Refused { .. }));
        }
    }
    println!("malformed through the child: {files} files, {refused} refused");
}
