//! Filling the templates.

use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, context};

use super::{Planned, Target, Unit, UnitSettings, quote};

const TEMPLATES: [(&str, &str); 5] = [
    ("service", include_str!("templates/service.jinja")),
    ("timer", include_str!("templates/timer.jinja")),
    ("crontab", include_str!("templates/crontab.jinja")),
    ("cronjob", include_str!("templates/cronjob.jinja")),
    ("dag", include_str!("templates/dag.jinja")),
];

/// The units of the jobs, in the jobs' order.
pub fn units(target: Target, jobs: &[Planned], settings: &UnitSettings) -> Result<Vec<Unit>, String> {
    let is_name = |job: &str| job.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
    if let Some(job) = jobs.iter().find(|job| !is_name(&job.job)) {
        return Err(format!("job `{}`: a unit's name has small letters, digits, - and _ only", job.job));
    }
    let each = |template: &str, ending: &str| -> Result<Vec<Unit>, String> {
        jobs.iter()
            .map(|job| {
                let name = format!("poverty-watch-{}{ending}", job.job.replace('_', "-"));
                Ok(Unit { name, text: render(template, std::slice::from_ref(job), settings, false)? })
            })
            .collect()
    };
    let one = |template: &str, name: &str, is_daemon: bool| {
        Ok(vec![Unit { name: name.to_owned(), text: render(template, jobs, settings, is_daemon)? }])
    };
    match target {
        Target::Systemd => Ok([each("service", ".service")?, each("timer", ".timer")?].concat()),
        Target::SystemdDaemon => one("service", "poverty-watch.service", true),
        Target::Cron => one("crontab", "poverty-watch.crontab", false),
        Target::Kubernetes => each("cronjob", ".yaml"),
        Target::Airflow => one("dag", "poverty_watch_dags.py", false),
    }
}

fn render(template: &str, jobs: &[Planned], settings: &UnitSettings, is_daemon: bool) -> Result<String, String> {
    let UnitSettings { program, workspace, user, memory_mib, writes, day, .. } = settings;
    let reaches = |job: &Planned| settings.is_networked || settings.senders.contains(&job.job);
    let is_networked = jobs.iter().any(reaches);
    let rows: Vec<_> = jobs
        .iter()
        .map(|job| {
            let catches_up = job.aim != super::super::Aim::MonthUnderWay;
            // What moves to a working day is asked for every day; on the others nothing is due.
            let schedule = if catches_up { job.schedule.daily() } else { job.schedule.clone() };
            context! {
                name => job.job.as_str(),
                label => job.job.replace('_', "-"),
                cron => schedule.cron(),
                zone => schedule.zone(),
                on_calendar => schedule.on_calendar(),
                catches_up,
            }
        })
        .collect();
    // Below a home folder, ProtectHome=yes would hide the workspace itself.
    let is_at_home = ["/home", "/root", "/run/user"].iter().any(|home| workspace.starts_with(home));
    let values = context! {
        job => rows.first(), jobs => rows, program, workspace, user, memory_mib, is_networked, writes, is_at_home,
        is_daemon, start => day.format("%Y, %-m, %-d").to_string(), version => env!("CARGO_PKG_VERSION"),
    };
    environment().get_template(template).and_then(|template| template.render(values)).map_err(|error| error.to_string())
}

fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        // A line that holds only a block is not a line of the unit.
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
        if let Ok(syntax) = syntax.build() {
            environment.set_syntax(syntax);
        }
        environment.add_filter("systemd", |text: &str| quote::systemd(text));
        environment.add_filter("systemd_path", |text: &str| quote::systemd_path(text));
        environment.add_filter("crontab", |text: &str| quote::crontab(text));
        environment.add_filter("json", |text: &str| quote::json(text));
        for (name, text) in TEMPLATES {
            // A template that does not parse is missed when it is asked for, with its name in the error.
            let _ = environment.add_template(name, text);
        }
        environment
    })
}
