//! What the settings say of a run of intake: limits of the gate, threads, the area.

use law::contracts::Spread;
use law::domain::CountyCode;

use super::Intake;
use super::gate::GateLimits;

impl Intake<'_> {
    pub(super) fn limits(&self) -> GateLimits {
        let gate = &self.settings.gate;
        GateLimits { memory_mib: gate.memory_mib, cpu_seconds: gate.cpu_seconds, file_mib: gate.file_mib }
    }

    pub(super) fn workers(&self) -> usize {
        match self.settings.engine.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        }
    }

    pub(super) fn within_area(&self, spread: Vec<Spread>) -> Vec<Spread> {
        CountyCode::parse(&self.settings.area).map_or_else(|_| Vec::new(), |area| Spread::within(spread, &area))
    }
}
