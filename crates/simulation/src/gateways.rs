//! Gateway processes, without their sockets: the real intake and the real live connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api_gateway::GatewaySettings;
use api_gateway::intake::Intake;
use api_gateway::live::{self, Live};
use ports::{Announcer, AssetSource, Ports, Random, Shutdown};

use crate::process::Process;
use crate::world::World;

/// The longest time between two faults of a gateway.
const PEACE: Duration = Duration::from_secs(6);
/// The longest time for which one is frozen.
const FREEZE: Duration = Duration::from_secs(2);

/// A gateway that runs.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) intake: Arc<Intake>,
    pub(crate) live: Live,
    pub(crate) ports: Ports,
    shutdown: Shutdown,
    process: Arc<Process>,
}

impl Gateway {
    fn start(world: &World) -> Arc<Self> {
        let (process, ports) = world.process();
        let shutdown = Shutdown::new();
        let (feed, queue) = (Arc::clone(&ports.feed), Arc::clone(&ports.queue));
        let announcer = Announcer::start(feed, queue, &shutdown);
        let assets: Arc<dyn AssetSource> = Arc::new(world.assets_of(&process, &ports));
        let settings = GatewaySettings {
            live: live::Settings {
                tail_linger: Duration::from_millis(500),
                ..live::Settings::default()
            },
            ..GatewaySettings::default()
        };
        Arc::new(Self {
            intake: Intake::start(&settings, &ports, (announcer, assets, None), &shutdown),
            live: Live::start(&ports, &settings.tokens, settings.live, &shutdown),
            ports,
            shutdown,
            process,
        })
    }

    /// Kills it, as SIGKILL does.
    pub(crate) fn kill(&self) {
        self.process.kill();
        self.shutdown.request_hard();
    }

    /// Waits until it is dead: its clients' connections break.
    pub(crate) async fn died(&self) {
        self.shutdown.hard().await;
    }
}

/// The running gateways, behind a load balancer.
#[derive(Debug)]
pub(crate) struct Gateways(Mutex<Vec<Arc<Gateway>>>);

impl Gateways {
    pub(crate) fn start(world: &World, count: usize) -> Arc<Self> {
        let gateways = (0..count.max(1)).map(|_| Gateway::start(world));
        Arc::new(Self(Mutex::new(gateways.collect())))
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arc<Gateway>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Any one of them.
    pub(crate) fn pick(&self, random: &Random) -> Arc<Gateway> {
        let all = self.all();
        let count = u64::try_from(all.len()).unwrap_or(1);
        let index = usize::try_from(random.below(count)).unwrap_or(0);
        Arc::clone(&all[index])
    }

    pub(crate) fn kill_all(&self) {
        for gateway in self.all().iter() {
            gateway.kill();
        }
    }

    /// Kills and freezes gateways, until the faults end.
    pub(crate) async fn trouble(self: Arc<Self>, world: Arc<World>, random: Random) {
        loop {
            tokio::select! {
                biased;
                () = world.calm.soft() => return,
                () = world.sleep(random.duration_below(PEACE)) => {}
            }
            let gateway = self.pick(&random);
            if random.below(2) == 0 {
                world.witness.note(format_args!("a gateway freezes"));
                gateway.process.freeze();
                world.sleep(random.duration_below(FREEZE)).await;
                gateway.process.thaw();
                continue;
            }
            world.witness.note(format_args!("a gateway is killed"));
            gateway.kill();
            let next = Gateway::start(&world);
            for place in self
                .all()
                .iter_mut()
                .filter(|place| Arc::ptr_eq(place, &gateway))
            {
                *place = Arc::clone(&next);
            }
        }
    }
}
