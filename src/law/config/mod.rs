//! The workspace: where its folders lie, what `poverty-watch.toml` says, how a fault in it is worded. No IO.

mod cluster;
mod delivery;
mod layout;
mod problem;
mod settings;

pub use cluster::Fault;
pub use delivery::{DeliverySettings, Security, SmtpSettings, TransportKind};
pub use layout::Layout;
pub use problem::{Problem, nearest};
pub use settings::{
    BureauSettings, EngineKind, EngineSettings, FeedSettings, FileSettings, GateSettings, LandingSettings,
    OperatorSettings, Settings, WarehouseSettings,
};
