//! `upgrade`: renew the workspace's files, and name those that somebody edited.

use store::workspace;

use super::{Failure, Session};

pub(super) fn run(session: &Session) -> Result<u8, Failure> {
    let done = workspace::upgrade(&session.workspace)?;
    for path in &done.removed {
        println!("removed {path}: it is not used any more");
    }
    for (path, is_new_beside) in &done.kept {
        let beside = if *is_new_beside { format!("; what is new lies in {path}.new") } else { String::new() };
        println!("kept {path}: it is edited{beside}");
    }
    let (renewed, added, removed) = (done.renewed.len(), done.added.len(), done.removed.len());
    let (kept, current) = (done.kept.len(), done.current);
    println!("{renewed} renewed, {added} added, {removed} removed, {kept} kept, {current} as they should be");
    if done.kept.iter().any(|(_, is_new_beside)| *is_new_beside) {
        println!("carry your changes over into the .new files, put these in place, then: poverty-watch check --diff");
    }
    Ok(0)
}
