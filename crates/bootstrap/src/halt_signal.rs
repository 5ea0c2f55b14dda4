//! SIGQUIT halts the engine: for whoever is on the machine, and has neither a key nor a gateway that answers.
//!
//! What this process signs and sends stops at once, whatever the store says; the store, through which the other
//! processes hear of it, is asked for as long as it takes.

use std::sync::Arc;
use std::time::Duration;

use ports::{Ports, Shutdown, Valve};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};

/// Who halted, in the audit log.
const ACTOR: &str = "signal";
const REASON: &str = "SIGQUIT";
/// Between two tries to store a halt.
const RETRY: Duration = Duration::from_millis(500);

/// Listens from now on.
pub(crate) fn listen() -> std::io::Result<Signal> {
    signal(SignalKind::quit())
}

/// Halts at each signal, until the process stops.
pub(crate) fn follow(mut quit: Signal, ports: &Ports, valve: Arc<Valve>, shutdown: &Shutdown) {
    let ports = ports.clone();
    shutdown.spawn_until_soft(async move {
        while quit.recv().await.is_some() {
            halt(&ports, &valve).await;
        }
    });
}

async fn halt(ports: &Ports, valve: &Valve) {
    valve.hold_shut();
    warn!("{REASON}: nothing is signed and nothing is sent; resume with order-engine queue resume");
    let mut has_failed = false;
    while let Err(error) = ports.store.halt(ACTOR, REASON).await {
        if !has_failed {
            warn!(%error, "the halt holds this process alone until the store takes it: {error}");
        }
        has_failed = true;
        ports.clock.sleep(RETRY).await;
    }
    valve.let_go_after(ports.clock.monotonic());
    info!("the halt is stored, for every process");
}
