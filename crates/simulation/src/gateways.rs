//! Gateway processes, without their sockets: the real intake and the real hub.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api_gateway::acts::Acts;
use api_gateway::auth::Keys;
use api_gateway::intake::Twins;
use api_gateway::limits::Limits;
use api_gateway::state::{AppState, Ctx};
use api_gateway::stats::Stats;
use api_gateway::unconfirmed::Unconfirmed;
use api_gateway::ws::Hub;
use api_gateway::{GatewaySettings, ws};
use metrics_exporter_prometheus::PrometheusBuilder;
use ports::{Announcer, Random, Shutdown};

use crate::process::Process;
use crate::world::World;

/// The longest a gateway is left in peace.
const PEACE: Duration = Duration::from_secs(6);
/// The longest that one is frozen.
const FREEZE: Duration = Duration::from_secs(2);

/// A gateway that runs.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) state: Ctx,
    process: Arc<Process>,
}

impl Gateway {
    fn start(world: &World) -> Arc<Self> {
        let (process, ports) = world.process();
        let shutdown = Shutdown::new();
        let (feed, queue) = (Arc::clone(&ports.feed), Arc::clone(&ports.queue));
        let announcer = Announcer::start(feed, queue, &shutdown);
        let settings = GatewaySettings {
            ws: ws::Settings {
                tail_linger: Duration::from_millis(500),
                ..ws::Settings::default()
            },
            ..GatewaySettings::default()
        };
        let salt = [(); 4].map(|()| ports.random.bits());
        let state = AppState {
            keys: Keys::new(&settings, salt),
            limits: Limits::new(&settings, &ports.clock),
            twins: Twins::default(),
            acts: Acts::new(&shutdown),
            unconfirmed: Unconfirmed::start(&ports, &announcer, &shutdown),
            stats: Stats::start(&ports, &settings, &shutdown),
            hub: Hub::start(&ports, settings.ws.clone(), &shutdown),
            authority: "gateway".to_owned(),
            loopback_only: true,
            router: world.router(),
            ledger: None,
            prometheus: PrometheusBuilder::new().build_recorder().handle(),
            announcer,
            ports,
            shutdown,
            settings,
        };
        let state = Ctx::new(state);
        Arc::new(Self { state, process })
    }

    /// Ends it, as SIGKILL does.
    pub(crate) fn kill(&self) {
        self.process.kill();
        self.state.shutdown.request_hard();
    }

    /// Waits until it is dead: its clients' connections break.
    pub(crate) async fn died(&self) {
        self.state.shutdown.hard().await;
    }
}

/// The gateways that run, behind a balancer.
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
