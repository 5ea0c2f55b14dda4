//! A gateway on a thread of its own, over an embedded store, for the tests of live connections.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use api_gateway::{Gateway, GatewayParts, GatewaySettings};
use backend_embedded::{InProcessFeed, InProcessQueue, Settings, SqliteStore, queue, store};
use dex_router::Router;
use metrics_exporter_prometheus::PrometheusBuilder;
use ports::reconciliation::OnAlarm;
use ports::{Announcer, Clock, Ports, Random, Shutdown, SystemClock};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::outside::Outside;

/// A running gateway; dropping it stops it.
pub(crate) struct Server {
    pub(crate) ports: Ports,
    pub(crate) shutdown: Shutdown,
    pub(crate) address: SocketAddr,
    thread: Option<JoinHandle<()>>,
    folder: Arc<TempDir>,
}

impl Server {
    /// Starts one on a free port, with these of the default settings changed.
    pub(crate) async fn start_with(change: impl FnOnce(&mut GatewaySettings)) -> Self {
        let mut settings = GatewaySettings {
            port: 0,
            ..GatewaySettings::default()
        };
        change(&mut settings);
        Self::start(settings).await
    }

    pub(crate) async fn start(settings: GatewaySettings) -> Self {
        Self::start_in(Outside::default(), settings).await
    }

    /// The same with something outside.
    pub(crate) async fn start_in(outside: Outside, settings: GatewaySettings) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let ports = embedded(&folder);
        Self::over(ports, Arc::new(folder), (outside, settings)).await
    }

    /// Another gateway over the same store, queue and feed.
    pub(crate) async fn sibling(&self, settings: GatewaySettings) -> Self {
        let parts = (Outside::default(), settings);
        Self::over(self.ports.clone(), Arc::clone(&self.folder), parts).await
    }

    /// The rows of every table of the store.
    pub(crate) fn rows(&self) -> BTreeMap<String, u64> {
        store::row_counts(self.folder.path()).expect("a store to count in")
    }

    async fn over(
        ports: Ports,
        folder: Arc<TempDir>,
        settings: (Outside, GatewaySettings),
    ) -> Self {
        let shutdown = Shutdown::new();
        let (tell, told) = oneshot::channel();
        let parts = (ports.clone(), shutdown.clone());
        let thread = std::thread::spawn(move || run(settings, parts, tell));
        Self {
            ports,
            shutdown,
            address: told.await.expect("the gateway listens"),
            thread: Some(thread),
            folder,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.request_hard();
        if let Some(thread) = self.thread.take() {
            // What panicked there has been printed there.
            let _ = thread.join();
        }
    }
}

/// Everything in this process, nothing published by itself but what intake announces.
pub(crate) fn embedded(folder: &TempDir) -> Ports {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let random = Random::from_system();
    let settings = Settings::default();
    let store = SqliteStore::open(folder.path(), settings, Arc::clone(&clock));
    Ports {
        store: Arc::new(store.expect("a store")),
        queue: Arc::new(InProcessQueue::new(
            queue::Limits::default(),
            Arc::clone(&clock),
        )),
        feed: Arc::new(InProcessFeed::new(&random)),
        clock,
        random,
    }
}

fn run(
    (outside, settings): (Outside, GatewaySettings),
    (ports, shutdown): (Ports, Shutdown),
    tell: oneshot::Sender<SocketAddr>,
) {
    let settings = GatewaySettings {
        threads: Some(1),
        ..settings
    };
    actix_web::rt::System::new().block_on(async move {
        let announcer =
            Announcer::start(Arc::clone(&ports.feed), Arc::clone(&ports.queue), &shutdown);
        let parts = GatewayParts {
            ports,
            announcer,
            router: Router::new(
                outside.pools,
                Duration::from_secs(1),
                Arc::clone(&settings.tokens),
            ),
            assets: outside.assets,
            simulation: outside.simulation,
            wallets: outside.wallets,
            on_alarm: OnAlarm::Tell,
            transactions: outside.transactions,
            statuses: outside.statuses,
            prometheus: PrometheusBuilder::new().build_recorder().handle(),
            shutdown,
        };
        let gateway = Gateway::build(settings, parts).expect("a gateway");
        tell.send(gateway.address()).expect("the test waits");
        gateway.run_until_stopped().await.expect("it runs");
    });
}
