//! The workspace: where its folders lie, what `poverty-watch.toml` says, how a fault in it is told. No IO.

mod layout;
mod problem;
mod settings;

pub use layout::Layout;
pub use problem::{Problem, nearest};
pub use settings::{
    BureauSettings, EngineSettings, FeedSettings, GateSettings, LandingSettings, OperatorSettings, Settings,
    WarehouseSettings,
};
