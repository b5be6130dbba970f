//! The workspace: where its folders lie and what `poverty-watch.toml` says. No IO.

mod layout;
mod settings;

pub use layout::Layout;
pub use settings::{EngineSettings, FeedSettings, GateSettings, LandingSettings, Settings, WarehouseSettings};
