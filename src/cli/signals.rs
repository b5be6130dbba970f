//! Being asked to end: by the system (SIGTERM) or a person (SIGINT). What is under way ends at its next commit point.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use engine::Stop;

use super::failure::Failure;

/// Listens for SIGTERM and SIGINT.
pub(super) struct Signals {
    /// Set by the first of them.
    pub(super) stop: Stop,
    code: Arc<AtomicU8>,
    woken: Arc<tokio::sync::Notify>,
}

impl Signals {
    /// Listens from now on; must be called within the runtime.
    #[cfg(unix)]
    pub(super) fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let failed = |error: std::io::Error| Failure::new(super::failure::INTERNAL, format!("signals: {error}"));
        let (mut term, mut int) =
            (signal(SignalKind::terminate()).map_err(failed)?, signal(SignalKind::interrupt()).map_err(failed)?);
        Ok(Self::on(async move {
            tokio::select! {
                _ = term.recv() => 143,
                _ = int.recv() => 130,
            }
        }))
    }

    #[cfg(not(unix))]
    pub(super) fn listen() -> Result<Self, Failure> {
        Ok(Self::on(async {
            let _ = tokio::signal::ctrl_c().await;
            130
        }))
    }

    fn on(signal: impl Future<Output = u8> + Send + 'static) -> Self {
        let listening = Self { stop: Stop::default(), code: Arc::default(), woken: Arc::default() };
        let (stop, code, woken) = (listening.stop.clone(), listening.code.clone(), listening.woken.clone());
        tokio::spawn(async move {
            code.store(signal.await, Ordering::Relaxed);
            stop.set();
            woken.notify_waiters();
            tracing::info!("asked to end; a run under way ends at its next commit point");
        });
        listening
    }

    /// Waits until asked to end.
    #[cfg(feature = "cluster")]
    pub(super) async fn asked(&self) {
        while !self.stop.is_set() {
            self.sleep(Duration::from_mins(1)).await;
        }
    }

    /// Sleeps, unless asked to end.
    pub(super) async fn sleep(&self, pause: Duration) {
        let woken = self.woken.notified();
        if !self.stop.is_set() {
            let _ = tokio::time::timeout(pause, woken).await;
        }
    }

    /// 143 or 130, by the signal.
    pub(super) fn code(&self) -> u8 {
        self.code.load(Ordering::Relaxed)
    }
}
