//! The parent's side: starts the child, waits, and turns every way of dying into a plain refusal.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use law::profiles::Head;
use serde::de::DeserializeOwned;

use super::child::DISK_FAILED;
use super::job::{GateError, GateJob, GateVerdict};
use store::durable::At as _;

/// Opens one foreign file in a child process; `program` is this program's own executable.
///
/// # Errors
/// Only for failures on our side: the output folder cannot be written, the program cannot be started.
/// Whatever is wrong with the file is a [`GateVerdict::Refused`].
pub fn run_gate(program: &Path, job: &GateJob) -> Result<GateVerdict, GateError> {
    let verdict = run_child(program, job)?.unwrap_or_else(|reason| GateVerdict::Refused { reason });
    if matches!(verdict, GateVerdict::Refused { .. }) {
        clear(job)?;
    }
    Ok(verdict)
}

/// The first rows of each visible sheet of a foreign file, or of a text, or why it cannot be opened; nothing is staged.
///
/// # Errors
/// As [`run_gate`].
pub fn look_at(program: &Path, job: &GateJob) -> Result<Result<Vec<Head>, String>, GateError> {
    let job = GateJob { look: true, ..job.clone() };
    let seen = run_child(program, &job)?;
    // They hold people's data.
    clear(&job)?;
    Ok(seen.and_then(|seen| seen))
}

/// What the child reports, or why it died of the file.
fn run_child<T: DeserializeOwned>(program: &Path, job: &GateJob) -> Result<Result<T, String>, GateError> {
    std::fs::create_dir_all(&job.output).at(&job.output)?;
    clear(job)?;
    let size = std::fs::metadata(&job.input).at(&job.input)?.len();
    if size > job.limits.file_mib << 20 {
        return Ok(Err(format!(
            "the file has {} MiB, the limit is {} MiB (gate.file_mib); split it or raise the limit",
            size >> 20,
            job.limits.file_mib
        )));
    }
    let job_path = job.output.join("job.json");
    let text = serde_json::to_vec(job).map_err(|error| GateError::Job(error.to_string()))?;
    std::fs::write(&job_path, text).at(&job_path)?;
    let mut child = Command::new(program)
        .arg("gate")
        .arg("--job")
        .arg(&job_path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|source| GateError::Start { program: program.to_owned(), source })?;
    let status =
        wait(&mut child, Duration::from_secs(job.limits.cpu_seconds.saturating_mul(4).max(30))).at(&job.input)?;
    let ours = |why: String| GateError::Staging { folder: job.output.clone(), why };
    Ok(match status {
        None => Err("the decoder did not finish in time: malformed file or overloaded machine".to_owned()),
        Some(status) if status.success() => Ok(read_report(job).map_err(ours)?.map_err(ours)?),
        Some(status) if status.code() == Some(i32::from(DISK_FAILED)) => {
            return Err(ours("the report could not be written".to_owned()));
        }
        // Refusals come as reports; a child that ends with a code of its own did not understand its job.
        Some(status) if status.code().is_some() => {
            return Err(GateError::Job(format!("the child ended with {status}")));
        }
        Some(status) if was_stopped(status) => {
            return Err(ours("the process was ended from outside (short of memory?)".to_owned()));
        }
        Some(status) => Err(died(status, job)),
    })
}

/// Waits until the child ends or the wall clock says enough (then it is killed and `None` comes back).
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(500);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// The child's answer, or why there is none that makes sense.
fn read_report<T: DeserializeOwned>(job: &GateJob) -> Result<Result<T, String>, String> {
    let broken = |why: &dyn std::fmt::Display| format!("the report cannot be read back: {why}");
    let text = std::fs::read(job.report_path()).map_err(|error| broken(&error))?;
    serde_json::from_slice(&text).map_err(|error| broken(&error))
}

/// Whether somebody ended the child, as a service manager, Ctrl-C or a system short of memory does: no fault of the
/// file. The child's own limits end it with other signals (6, 24, 25).
#[cfg(unix)]
fn was_stopped(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    matches!(status.signal(), Some(1 | 2 | 9 | 15))
}

#[cfg(not(unix))]
fn was_stopped(_: ExitStatus) -> bool {
    false
}

#[cfg(unix)]
fn died(status: ExitStatus, job: &GateJob) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    // Panics are caught in the child; an abort is the allocator's answer to the memory limit.
    match status.signal() {
        Some(6 | 11) => format!(
            "opening it needs more than {} MiB (gate.memory_mib): malformed file, or raise the limit",
            job.limits.memory_mib
        ),
        Some(24) => format!(
            "opening it took more than {} s of processor time (gate.cpu_seconds): malformed file, or raise the limit",
            job.limits.cpu_seconds
        ),
        Some(25) => "its rows would fill more disk than its size allows: malformed file".to_owned(),
        _ => "the decoder failed: malformed file".to_owned(),
    }
}

#[cfg(not(unix))]
fn died(_: ExitStatus, _: &GateJob) -> String {
    "the decoder failed: malformed file".to_owned()
}

/// Removes whatever an earlier try of the same job, or a refused file, left behind.
fn clear(job: &GateJob) -> Result<(), GateError> {
    for entry in std::fs::read_dir(&job.output).at(&job.output)? {
        let path = entry.at(&job.output)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let ours = matches!(name, "report.json" | "report.partial" | "rejects.csv" | "all.arrow")
            || (name.starts_with("bucket=") && path.extension().is_some_and(|ending| ending == "arrow"));
        if ours {
            std::fs::remove_file(&path).at(&path)?;
        }
    }
    Ok(())
}
