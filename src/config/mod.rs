//! The workspace: where its folders lie and what `poverty-watch.toml` says. No IO.

mod layout;
mod problem;
mod settings;

pub use layout::Layout;
pub use problem::{Problem, nearest};
pub use settings::{EngineSettings, FeedSettings, GateSettings, LandingSettings, Settings, WarehouseSettings};
