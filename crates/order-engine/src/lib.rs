//! How a process' parts become a gateway and a worker: the same in the all-in-one engine, in the two programs of a
//! cluster, and in tests that have a whole engine in their own process. It knows nothing of commands.

use api_gateway::{Gateway, GatewayParts, GatewaySettings};
use bootstrap::runtime;
use bootstrap::service::Parts;
use bootstrap::world::Trading;
use config::Config;
use domain::Address;
use order_worker::{Chain, Settings, Worker};
use ports::Shutdown;

/// Builds a gateway that shows this wallet. It listens but does not answer yet.
pub fn gateway(
    config: &Config,
    parts: &Parts,
    wallet: Option<Address>,
    shutdown: &Shutdown,
) -> anyhow::Result<Gateway> {
    let settings = GatewaySettings::configured(config, runtime::threads());
    let world = &parts.world;
    Gateway::build(
        settings.of_wallet(wallet),
        GatewayParts {
            ports: parts.ports.clone(),
            announcer: parts.announcer.clone(),
            router: world.router.clone(),
            assets: world.assets.clone(),
            simulation: world.simulation.clone(),
            wallet: wallet.map(|address| world.wallet(address)),
            history: wallet.map(|address| world.history(address)),
            on_alarm: order_worker::settings::on_alarm(config),
            transactions: Some(world.transactions()),
            statuses: Some(world.statuses()),
            prometheus: parts.prometheus.clone(),
            shutdown: shutdown.clone(),
        },
    )
}

/// Starts a worker, which ends with the shutdown.
pub fn start_worker(config: &Config, parts: &Parts, trading: Trading, shutdown: &Shutdown) {
    let Trading {
        builder,
        landing,
        statuses,
        wallet,
        history,
        valve,
    } = trading;
    // The handle is not needed.
    let _ = Worker::start(
        &parts.ports,
        &parts.announcer,
        parts.world.router.clone(),
        Chain {
            builder,
            landing,
            statuses,
            wallet: Some(wallet),
            history: Some(history),
            valve,
        },
        Settings::configured(config, runtime::host_name()),
        shutdown,
    );
}
