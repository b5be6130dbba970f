//! `demo`: invent a prefecture, run both jobs on it, say what was found and where the lists lie.

use std::path::PathBuf;

use super::failure::{Failure, INTERNAL};
use super::run::describe;
use super::session::Session;
use ::demo::{AREA, DemoOptions, PERIOD, generate};
use law::config::Layout;
use law::domain::Period;
use law::referrals::{ROUTES_FILE, RouteRow};
use store::workspace;
use store::workspace::Assets;
use watch::run_job;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder to make; it must be new, empty, or an earlier demo.
    #[arg(long, default_value = "demo-workspace")]
    dir: PathBuf,
    /// How many people to invent; about ten claims each.
    #[arg(long, default_value_t = DemoOptions::default().persons)]
    persons: u64,
    /// The same seed gives the same prefecture.
    #[arg(long, default_value_t = DemoOptions::default().seed)]
    seed: u64,
    /// Write files as a province's platform sends them, Parquet and CSV, however few the people.
    #[arg(long)]
    as_province: bool,
    /// Only write the files below landing/; run no job.
    #[arg(long)]
    only_generate: bool,
}

pub(super) async fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    workspace::init(&arguments.dir, "fujian", AREA)?;
    super::keys::make(&Layout::new(&arguments.dir))?;
    fit_settings(arguments).map_err(|error| Failure::new(INTERNAL, error.to_string()))?;
    let landing = arguments.dir.join("landing");
    write_routes(&arguments.dir)?;
    let Arguments { persons, seed, as_province, .. } = *arguments;
    let options = DemoOptions { persons, seed, as_province };
    let made = generate(&options, &landing).map_err(|error| Failure::new(INTERNAL, error.to_string()))?;
    let rows: u64 = made.files.iter().map(|file| file.rows).sum();
    println!(
        "invented {} people, {rows} rows in {} files below {}",
        options.persons,
        made.files.len(),
        landing.display()
    );
    if arguments.only_generate {
        return Ok(0);
    }
    let context = session.open_at(&arguments.dir)?;
    let period = Period::parse(PERIOD).map_err(|error| Failure::new(INTERNAL, error.to_string()))?;
    let nightly = run_job(&context, &context.job("nightly")?, period).await?;
    print!("\n{}", describe(&context, &nightly));
    let monthly = run_job(&context, &context.job("monthly")?, period).await?;
    print!("\n{}", describe(&context, &monthly));
    println!("lists: {}", context.workspace.layout.lists(period).display());
    Ok(0)
}

/// The invented bureau's name, and as many buckets as suit the number of people: each costs a statement a month.
fn fit_settings(arguments: &Arguments) -> std::io::Result<()> {
    let path = arguments.dir.join(workspace::SETTINGS_FILE);
    let buckets = match arguments.persons {
        0..=100_000 => 4,
        100_001..=2_000_000 => 16,
        _ => 64,
    };
    let text = std::fs::read_to_string(&path)?
        .replace("# buckets = 16", &format!("buckets = {buckets}"))
        // its files are written before anybody looks for them
        .replace("# quiet_seconds = 60", "quiet_seconds = 0")
        .replace("# name = \"医疗保障局\"", "name = \"演示市医疗保障局\"")
        .replace("# area_name = \"\"", "area_name = \"演示市\"")
        .replace("# from = \"\"", "from = \"lists@bureau.example\"")
        .replace("# allow_domains = []", "allow_domains = [\"county.example\"]");
    std::fs::write(&path, text)
}

/// An invented address for each county's 民政局 and 农业农村局, confirmed by two invented people.
fn write_routes(dir: &std::path::Path) -> Result<(), Failure> {
    use std::fmt::Write as _;
    let mut problems = Vec::new();
    let counties = "pipelines/tables/counties.csv";
    let rows = workspace::table_rows(&Assets::of(dir), counties, ["code"], [], &mut problems);
    let mut text = "county,office,address,valid_from,valid_to,approved_by,confirmed_by,code\n".to_owned();
    for (_, ([county], [])) in rows {
        for office in ["MZ", "NC"] {
            let route = RouteRow {
                county: county.clone(),
                office: office.to_owned(),
                address: format!("{}{county}@county.example", office.to_lowercase()),
                valid_from: "2020-01-01".to_owned(),
                approved_by: "演示甲".to_owned(),
                confirmed_by: "演示乙".to_owned(),
                ..RouteRow::default()
            };
            let RouteRow { county, address, valid_from, approved_by, confirmed_by, .. } = &route;
            let code = route.expected_code();
            let _ = writeln!(text, "{county},{office},{address},{valid_from},,{approved_by},{confirmed_by},{code}");
        }
    }
    let path = dir.join(ROUTES_FILE);
    std::fs::write(&path, text).map_err(|error| Failure::new(INTERNAL, format!("{}: {error}", path.display())))
}
