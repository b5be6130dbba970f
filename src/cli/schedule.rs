//! `schedule`: shows when jobs run, or prints ready units for whatever runs them.

use std::path::{Path, PathBuf};

use engine::Context;
use law::config::{Settings, TransportKind};
use law::schedule::{Aim, Planned, Target, Unit, UnitSettings, units};
use watch::{Timetable, timetable};

use super::failure::{CONFIG, Failure, INTERNAL};
use super::session::Session;

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("target").args(["systemd", "cron", "kubernetes", "airflow"]))]
#[expect(clippy::struct_excessive_bools, reason = "one switch per target, as people type them")]
pub(super) struct Arguments {
    /// Print a hardened systemd service and timer per job.
    #[arg(long)]
    systemd: bool,
    /// With --systemd: one service that runs `daemon`, instead of a timer per job.
    #[arg(long, requires = "systemd")]
    daemon: bool,
    /// Print crontab lines.
    #[arg(long)]
    cron: bool,
    /// Print a Kubernetes CronJob per job.
    #[arg(long)]
    kubernetes: bool,
    /// Print Airflow DAGs.
    #[arg(long)]
    airflow: bool,
    /// Write the units into this folder instead of printing them.
    #[arg(long, value_name = "DIR", requires = "target")]
    out: Option<PathBuf>,
    /// The program's path where the units run; this program's if left out.
    #[arg(long, value_name = "PATH", requires = "target")]
    program: Option<String>,
    /// The workspace's path where the units run; this workspace's if left out, a volume's with --kubernetes.
    #[arg(long, value_name = "PATH", requires = "target")]
    at: Option<String>,
    /// The account that runs the jobs.
    #[arg(long, default_value = "poverty-watch", requires = "target")]
    user: String,
    /// Let all jobs reach the network; those that send mail to a server may anyway.
    #[arg(long, requires = "target")]
    network: bool,
}

pub(super) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let context = session.open()?;
    let timetable = timetable(&context)?;
    let Some(target) = target(arguments) else {
        print!("{}", describe(&timetable, session));
        return Ok(0);
    };
    if timetable.jobs.is_empty() {
        let hint =
            "write `schedule = { cron = \"30 1 * * *\", zone = \"Asia/Shanghai\" }` into a file below pipelines/";
        return Err(Failure::new(CONFIG, format!("no job has a schedule: {hint}")));
    }
    let jobs: Vec<Planned> = timetable.jobs.iter().map(|(planned, _)| planned.clone()).collect();
    let settings = unit_settings(arguments, (&context, &timetable), session)?;
    let made = units(target, &jobs, &settings).map_err(|error| Failure::new(CONFIG, error))?;
    for (job, why) in &timetable.idle {
        eprintln!("note: {job} has a schedule and gets no unit: {why}");
    }
    match &arguments.out {
        Some(folder) => write(folder, &made)?,
        None => {
            for unit in &made {
                println!("{}# {}\n{}", if target == Target::Kubernetes { "---\n" } else { "" }, unit.name, unit.text);
            }
        }
    }
    Ok(0)
}

fn target(arguments: &Arguments) -> Option<Target> {
    let Arguments { systemd, daemon, cron, kubernetes, airflow, .. } = arguments;
    let chosen = [
        (*systemd && *daemon, Target::SystemdDaemon),
        (*systemd, Target::Systemd),
        (*cron, Target::Cron),
        (*kubernetes, Target::Kubernetes),
        (*airflow, Target::Airflow),
    ];
    chosen.into_iter().find_map(|(is_chosen, target)| is_chosen.then_some(target))
}

fn unit_settings(
    arguments: &Arguments,
    (context, timetable): (&Context, &Timetable),
    session: &Session,
) -> Result<UnitSettings, Failure> {
    let root = std::path::absolute(context.workspace.layout.root());
    let root = root.map_err(|error| Failure::new(INTERNAL, format!("this folder has no path: {error}")))?;
    // `-C .` gives a path that ends in a dot.
    let root: PathBuf = root.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect();
    let here = root.display().to_string();
    let workspace = match &arguments.at {
        Some(path) => path.clone(),
        None if arguments.kubernetes => "/var/lib/poverty-watch".to_owned(),
        None => here,
    };
    let Settings { engine, gate, operators, delivery, .. } = &context.workspace.settings;
    // Statements reach the pool's size about twice, what they read and sort in between included.
    let memory_mib = engine.memory_mib as u64 * 2 + gate.memory_mib + 512;
    let metrics = operators.metrics.as_deref().and_then(Path::parent).filter(|folder| folder.is_absolute());
    let is_smtp = delivery.transport == TransportKind::Smtp;
    let mut senders = Vec::new();
    for (planned, _) in timetable.jobs.iter().filter(|_| is_smtp) {
        if context.job(&planned.job)?.sends() {
            senders.push(planned.job.clone());
        }
    }
    Ok(UnitSettings {
        program: arguments.program.clone().unwrap_or_else(|| session.program.display().to_string()),
        workspace,
        user: arguments.user.clone(),
        memory_mib,
        is_networked: arguments.network,
        senders,
        writes: metrics.map(|folder| folder.display().to_string()).into_iter().collect(),
        day: session.today(),
    })
}

fn write(folder: &Path, made: &[Unit]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(INTERNAL, format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    for unit in made {
        std::fs::write(folder.join(&unit.name), &unit.text).map_err(failed)?;
        println!("{}", folder.join(&unit.name).display());
    }
    Ok(())
}

/// Each job's next moment and the period it is for, and what is due now.
fn describe(timetable: &Timetable, session: &Session) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for (planned, past) in &timetable.jobs {
        let Planned { job, schedule, aim, .. } = planned;
        let _ = writeln!(text, "{job:<10} {} {}", schedule.cron(), schedule.zone());
        if let Some(next) = schedule.first_after(session.now) {
            let _ = writeln!(text, "  next {} for {}", schedule.local(next), aim.period(schedule.day_of(next)));
        }
        for due in law::schedule::pending(planned, past, session.now) {
            let failed = if due.failures > 0 { format!(", failed {} times", due.failures) } else { String::new() };
            if due.missed > 0 && *aim != Aim::MonthUnderWay {
                let _ = writeln!(text, "  {} earlier periods are left to `backfill`", due.missed);
            }
            let _ = writeln!(text, "  due since {} for {}{failed}", schedule.local(due.at), due.period);
        }
    }
    for (job, why) in &timetable.idle {
        let _ = writeln!(text, "{job:<10} idle: {why}");
    }
    text
}
