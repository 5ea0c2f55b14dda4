//! How a process' parts become a gateway and a worker: the same in the all-in-one engine, in the two programs of a
//! cluster, and in tests that have a whole engine in their own process. It knows nothing of commands.

use api_gateway::{Gateway, GatewayParts, GatewaySettings};
use bootstrap::runtime;
use bootstrap::service::Parts;
use bootstrap::world::{Trading, keys};
use config::Config;
use config::args::Stop;
use domain::NamedWallet;
use order_worker::{Chain, OwnWallet, Settings, Worker};
use ports::Shutdown;
use webhooks::Sender;

/// Where the keys of the wallets are that trade.
#[derive(Debug)]
pub enum KeysAre {
    /// In this process.
    Here(Vec<NamedWallet>),
    /// At the workers, who tell of their wallets.
    AtWorkers,
}

/// Builds a gateway. It listens but does not answer yet.
pub fn gateway(
    config: &Config,
    parts: &Parts,
    wallets: KeysAre,
    shutdown: &Shutdown,
) -> anyhow::Result<Gateway> {
    let settings = GatewaySettings::configured(config, runtime::threads());
    let world = &parts.world;
    Gateway::build(
        match wallets {
            KeysAre::Here(wallets) => settings.of_wallets(wallets),
            KeysAre::AtWorkers => settings
                .of_wallet(keys::address(config))
                .knowing(keys::named(config)),
        },
        GatewayParts {
            ports: parts.ports.clone(),
            announcer: parts.announcer.clone(),
            router: world.router.clone(),
            assets: world.assets.clone(),
            simulation: world.simulation.clone(),
            wallets: Some(world.wallets()),
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
        wallets,
        valve,
    } = trading;
    let wallets = wallets.into_iter();
    let wallets = wallets.map(|it| OwnWallet {
        name: it.named,
        view: it.view,
        history: it.history,
    });
    // The handle is not needed.
    let _ = Worker::start(
        &parts.ports,
        &parts.announcer,
        parts.world.router.clone(),
        Chain {
            builder,
            landing,
            statuses,
            wallets: wallets.collect(),
            valve,
            births: parts.world.births(),
        },
        Settings::configured(config, runtime::host_name()),
        shutdown,
    );
}

/// Starts to tell a receiver of events, if there is one; it ends with the shutdown.
pub fn start_webhooks(config: &Config, parts: &Parts, shutdown: &Shutdown) -> Result<(), Stop> {
    webhooks::describe();
    let settings = webhooks::Settings::configured(config);
    let settings = settings.map_err(|invalid| Stop::Wrong(invalid.to_string()))?;
    if let Some(settings) = settings {
        let sender = Sender::new(&parts.ports, settings);
        shutdown.spawn_essential("webhooks", sender.run(shutdown.clone()));
    }
    Ok(())
}
