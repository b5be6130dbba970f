//! Progress bars on a terminal, log lines elsewhere.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex};

use engine::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// The crates of this program: their lines are ours.
const OURS: [&str; 10] =
    ["poverty_watch", "law", "store", "engine", "intake", "office", "watch", "desk", "cluster", "demo"];

/// Logs go to stderr, results to stdout. `RUST_LOG` chooses the detail of our own lines; of the libraries' nothing
/// below a warning is told, because the engine's filters quote persons' keys.
pub(super) fn init_logs(json: bool, quiet: bool) {
    let default = match (quiet, std::io::stderr().is_terminal()) {
        (true, _) | (false, true) => "warn".to_owned(),
        (false, false) => format!("{}=info,warn", OURS.join("=info,")),
    };
    // An executor whose scheduler is away would repeat it twenty times a second; the engine says it once.
    let default = format!("{default},ballista_executor::execution_loop=off");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let is_ours = |target: &str| target.split("::").next().is_some_and(|name| OURS.contains(&name));
    let is_harmless = move |event: &Metadata<'_>| is_ours(event.target()) || *event.level() <= Level::WARN;
    // without the hint each of the planner's trace lines would come as far as here to be let go
    let is_harmless = filter_fn(is_harmless).with_max_level_hint(filter.max_level_hint().unwrap_or(LevelFilter::TRACE));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colour);
    let lines = if json { lines.json().boxed() } else { lines.with_target(false).compact().boxed() };
    tracing_subscriber::registry().with(lines.with_filter(filter.and(is_harmless))).init();
}

/// A bar when people watch, nothing otherwise: the log says when a step is done.
pub(super) fn reporter(silent: bool) -> Arc<dyn Progress> {
    let target = if silent || !std::io::stderr().is_terminal() {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    let template = if std::env::var_os("NO_COLOR").is_some() {
        "{msg:<20} [{bar:30}] {pos}/{len} {eta}"
    } else {
        "{msg:<20} [{bar:30.green}] {pos}/{len} {eta}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    Arc::new(Bar(Mutex::new(bar)))
}

struct Bar(Mutex<ProgressBar>);

impl Progress for Bar {
    fn begin(&self, step: &str, total: u64) {
        if let Ok(bar) = self.0.lock() {
            bar.reset();
            bar.set_length(total);
            bar.set_message(step.to_owned());
        }
    }

    fn reached(&self, done: u64) {
        if let Ok(bar) = self.0.lock() {
            bar.set_position(done);
        }
    }

    fn end(&self, step: &str, note: &str) {
        if let Ok(bar) = self.0.lock() {
            bar.set_message(format!("{step}: {note}"));
            bar.finish_and_clear();
        }
    }
}
