//! What is kept: versions of the warehouse, the ledger, the keys, and the files of a workspace.
//!
//! | module | what it holds |
//! |---|---|
//! | [`durable`] | writing files so that a power cut takes nothing back |
//! | [`warehouse`] | which files make up version N; a commit creates `versions/N.json` and never replaces one |
//! | [`ledger`] | runs, cases, lists, letters, answers and the audit chain, in SQLite |
//! | [`keys`] | the workspace's secrets, and signing |
//! | [`workspace`] | the folder itself: settings, the bundled and the edited files, recipes, the lock |

pub mod durable;
pub mod keys;
pub mod ledger;
pub mod warehouse;
pub mod workspace;

/// The format number that a JSON file carries; 0 where it carries none, as before there were numbers.
#[must_use]
pub fn format_of(json: &[u8]) -> u32 {
    #[derive(serde::Deserialize)]
    struct Numbered {
        #[serde(default)]
        format: u32,
    }
    serde_json::from_slice(json).map_or(0, |numbered: Numbered| numbered.format)
}

/// Why a file whose format number is higher than the one that this program knows is refused.
#[must_use]
pub fn newer(found: u32, known: u32) -> Option<String> {
    let why =
        || format!("made by a newer version of this program (format {found}, known is {known}); use that version");
    (found > known).then(why)
}
