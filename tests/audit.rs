//! The audit chain under attack: whatever is edited, cut, moved or written anew in the ledger's file is found, and the
//! first entry at which the chain does not hold is named.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use store::ledger::{AuditHead, Ledger, LedgerError};

use crate::workspace::{Workspace, count_from_environment};

/// One row of the table, as the attacker sees it: seq, at, actor, action, object, detail, prev_hash, hash.
type Entry = (i64, [String; 7]);

/// The ledger of the product, and the same file in the hands of somebody who may write to it.
struct Attacked {
    _folder: tempfile::TempDir,
    ledger: Ledger,
    raw: Connection,
    entries: Vec<Entry>,
    head: AuditHead,
}

impl Attacked {
    fn new(count: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let ledger = Ledger::open(&path).unwrap();
        for n in 0..count {
            let at = DateTime::<Utc>::from_timestamp(1_790_000_000 + n * 60, 0).unwrap();
            ledger
                .record(
                    "operator",
                    ["note", "sealed"][n as usize % 2],
                    &format!("object {n}"),
                    &"x".repeat(n as usize % 5),
                    at,
                )
                .unwrap();
        }
        let raw = Connection::open(&path).unwrap();
        raw.execute_batch("pragma synchronous = off; drop trigger audit_keep; drop trigger audit_stay").unwrap();
        let entries = read(&raw);
        let head = ledger.audit_head().unwrap();
        Self { _folder: folder, ledger, raw, entries, head }
    }

    /// Puts these rows in the place of the table's.
    fn write(&self, entries: &[Entry]) {
        self.raw.execute_batch("begin; delete from audit").unwrap();
        for (seq, fields) in entries {
            let [at, actor, action, object, detail, prev, hash] = fields;
            self.raw
                .prepare_cached("insert into audit values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
                .unwrap()
                .execute(params![seq, at, actor, action, object, detail, prev, hash])
                .unwrap();
        }
        self.raw.execute_batch("commit").unwrap();
    }

    /// What the product says about these rows: without a head, and with the one that was kept.
    fn judge(&self, entries: &[Entry]) -> (Result<u64, LedgerError>, Result<u64, LedgerError>) {
        self.write(entries);
        (self.ledger.verify_audit(), self.ledger.verify_audit_against(&self.head))
    }
}

fn read(raw: &Connection) -> Vec<Entry> {
    let mut statement = raw.prepare("select * from audit order by seq").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, [1, 2, 3, 4, 5, 6, 7].map(|at| row.get(at).unwrap()))));
    rows.unwrap().map(Result::unwrap).collect()
}

/// The chain's hash, written down a second time from its description.
fn hash_of((seq, fields): &Entry) -> String {
    let mut text = format!("{seq}\n");
    for field in &fields[..6] {
        text.push_str(&format!("{}:{field}\n", field.len()));
    }
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Numbers and hashes written anew from an index on, as somebody who knows how would.
fn rechained(mut entries: Vec<Entry>, from: usize) -> Vec<Entry> {
    for at in from..entries.len() {
        entries[at].0 = at as i64 + 1;
        entries[at].1[5] = if at == 0 { "0".repeat(64) } else { entries[at - 1].1[6].clone() };
        entries[at].1[6] = hash_of(&entries[at]);
    }
    entries
}

/// What a trial must show.
enum Expected {
    /// The chain breaks at this number, with and without a head.
    Broken(i64),
    /// It holds in itself; the head that was kept gives it away.
    Cut,
}

fn attack(kind: usize, attacked: &Attacked, chance: &mut fastrand::Rng) -> (&'static str, Vec<Entry>, Expected) {
    let mut rows = attacked.entries.clone();
    let (at, other) = (chance.usize(..rows.len() - 1), chance.usize(..rows.len() - 1));
    let first = |at: usize| Expected::Broken(at as i64 + 1);
    match kind {
        0 => {
            let field = chance.usize(..7);
            let mut bytes = rows[at].1[field].clone().into_bytes();
            if bytes.is_empty() {
                bytes.push(b'y');
            } else {
                let place = chance.usize(..bytes.len());
                bytes[place] = if bytes[place] == b'a' { b'b' } else { b'a' };
            }
            rows[at].1[field] = String::from_utf8(bytes).unwrap();
            ("a character changed", rows, first(at))
        }
        1 => {
            // Text moved from one field into its neighbour: the same characters in the same order.
            let moved = rows[at].1[3].pop().unwrap();
            rows[at].1[4].insert(0, moved);
            ("a character moved to the next field", rows, first(at))
        }
        2 => {
            let upto = chance.usize(at..rows.len() - 1);
            rows.drain(at..=upto);
            ("entries removed", rows, first(at))
        }
        3 => {
            let upto = chance.usize(at..rows.len() - 1);
            rows.drain(at..=upto);
            for (n, row) in rows.iter_mut().enumerate() {
                row.0 = n as i64 + 1;
            }
            ("entries removed, the rest renumbered", rows, first(at))
        }
        4 => {
            let (a, b) = (at.min(other), if at == other { at + 1 } else { at.max(other) });
            let (left, right) = (rows[a].1.clone(), rows[b].1.clone());
            (rows[a].1, rows[b].1) = (right, left);
            ("two entries swapped", rows, first(a))
        }
        5 => {
            let copy = rows[other].clone();
            rows.insert(at, copy);
            for (n, row) in rows.iter_mut().enumerate() {
                row.0 = n as i64 + 1;
            }
            // A copy of the entry that stands there anyway shows one further on.
            ("an entry slipped in twice", rows, first(at + usize::from(other == at)))
        }
        6 => {
            rows[at].1[4].push('z');
            rows[at].1[6] = hash_of(&rows[at]);
            ("an entry changed with its own hash", rows, first(at + 1))
        }
        7 => {
            rows[at].0 = -chance.i64(0..1000);
            ("an entry renumbered to the front", rows, first(0))
        }
        8 => {
            rows.truncate(at + 1);
            ("the end cut off", rows, Expected::Cut)
        }
        9 => {
            rows[at].1[4].push('z');
            ("written anew from an entry on", rechained(rows, at), Expected::Cut)
        }
        _ => {
            rows.remove(at);
            let mut rows = rechained(rows, at);
            let extra = rows.last().unwrap().clone();
            rows.push(extra);
            let last = rows.len() - 1;
            ("an entry removed, the rest written anew, the length made up", rechained(rows, last), Expected::Cut)
        }
    }
}

#[test]
fn every_edit_cut_and_reorder_is_found_and_its_first_entry_named() {
    let attacked = Attacked::new(60);
    assert_eq!(attacked.ledger.verify_audit().unwrap(), 60);
    assert_eq!(
        attacked.entries.iter().map(hash_of).collect::<Vec<_>>(),
        attacked.entries.iter().map(|e| e.1[6].clone()).collect::<Vec<_>>()
    );
    let trials = count_from_environment("AUDIT_TRIALS", 4_400);
    let mut chance = fastrand::Rng::with_seed(20_261_125);
    let (mut found, mut missed) = (0, Vec::new());
    for trial in 0..trials {
        let (name, rows, expected) = attack(trial % 11, &attacked, &mut chance);
        assert_ne!(rows, attacked.entries, "{name}: nothing was changed");
        let outcome = match (expected, attacked.judge(&rows)) {
            (
                Expected::Broken(seq),
                (Err(LedgerError::AuditBroken { seq: a }), Err(LedgerError::AuditBroken { seq: b })),
            ) => a == seq && b == seq,
            (Expected::Cut, (Ok(_), Err(LedgerError::AuditCut { seq, .. }))) => seq == attacked.head.seq,
            _ => false,
        };
        if outcome { found += 1 } else { missed.push(name) }
    }
    println!("audit: {trials} cases of tampering, {found} found with the first bad entry named (seed 20261125)");
    assert!(missed.is_empty(), "{} missed, such as: {}", missed.len(), missed[0]);
    // What comes after the head that was kept is no fault.
    attacked.write(&attacked.entries);
    attacked.ledger.record("operator", "note", "later", "", DateTime::UNIX_EPOCH).unwrap();
    assert_eq!(attacked.ledger.verify_audit_against(&attacked.head).unwrap(), 61);
}

#[test]
fn without_an_entry_nothing_is_done() {
    let attacked = Attacked::new(3);
    let mut rows = attacked.entries.clone();
    rows[2].1[4] = "other".into();
    attacked.write(&rows);
    let at = DateTime::UNIX_EPOCH;
    // The last entry is not as it was written: nothing is put on top of it.
    assert!(matches!(
        attacked.ledger.record("operator", "note", "x", "", at),
        Err(LedgerError::AuditBroken { seq: 3 })
    ));
    let period = law::domain::Period::parse("2026-10").unwrap();
    assert!(attacked.ledger.keep_quiet("monthly", period, "", at).is_err());
    assert_eq!(
        attacked.raw.query_row("select count(*) from quiet_periods", [], |row| row.get::<_, i64>(0)).unwrap(),
        0
    );
    // No entry can be written: what it would tell of does not happen either.
    attacked.write(&attacked.entries);
    attacked
        .raw
        .execute_batch("create trigger full before insert on audit begin select raise(abort, 'full'); end")
        .unwrap();
    assert!(attacked.ledger.keep_quiet("monthly", period, "", at).is_err());
    assert_eq!(
        attacked.raw.query_row("select count(*) from quiet_periods", [], |row| row.get::<_, i64>(0)).unwrap(),
        0
    );
    attacked.raw.execute_batch("drop trigger full").unwrap();
    attacked.ledger.keep_quiet("monthly", period, "", at).unwrap();
}

#[test]
fn the_verbs_tell_what_monitors_need() {
    let workspace = Workspace::new("fujian", "990000");
    workspace.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    let head = workspace.ok(&["audit", "head"]);
    assert!(workspace.ok(&["audit", "verify", "--head", head.trim()]).contains("the same as when entry"));
    let raw = Connection::open(workspace.root().join("ledger.sqlite")).unwrap();
    raw.execute_batch("drop trigger audit_keep; update audit set detail = detail || 'x' where seq = 1").unwrap();
    let broken = workspace.run(&["audit", "verify"]);
    assert_eq!(broken.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("broken at entry 1:"));
    assert!(workspace.ok(&["status"]).starts_with("ALERT audit_broken:chain"));
    let wrong = workspace.run(&["audit", "verify", "--head", "3:12ab"]);
    assert_eq!(wrong.status.code(), Some(2));
    raw.execute_batch("drop trigger audit_stay; delete from audit").unwrap();
    let cut = workspace.run(&["audit", "verify", "--head", head.trim()]);
    assert_eq!(cut.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&cut.stderr).contains("cut off"));
}
