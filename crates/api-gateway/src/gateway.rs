//! The gateway as a whole: it is built, listens, and runs until it is asked to stop.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use anyhow::Context;
use dex_router::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use ports::reconciliation::OnAlarm;
use ports::{
    Announcer, AssetSource, Ports, Shutdown, Simulation, Statuses, TransactionReader, WalletViews,
};
use socket2::{Domain, Protocol, Socket, Type};

use crate::books::BooksDesk;
use crate::doors::{self, tcp};
use crate::doorstep::Doorstep;
use crate::execution::ExecutionStats;
use crate::http::edge;
use crate::intake::Intake;
use crate::live::Live;
use crate::routes;
use crate::settings::GatewaySettings;
use crate::state::{AppState, Ctx};
use crate::telemetry::{self, HttpMeter};

/// Connections that may wait to be accepted: a burst of a few thousand clients at once.
const BACKLOG: i32 = 4_096;
/// How long an idle connection is kept: longer than the usual proxy keeps it, so that the proxy
/// closes first and never sends into a closing connection.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// A client that needs longer for its request's head is not sending one.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// Open connections per thread; the system's own limit on files comes first.
const MAX_CONNECTIONS: usize = 1_000_000;
/// Between "not ready" and closing the listener: time for a load balancer to look elsewhere.
const LAST_CALLS: Duration = Duration::from_millis(300);
/// How long requests under way may take after the listener is closed: a commit takes at most 5 s.
/// The gateway waits for writes first, then for answers.
const FINISH_WITHIN_SECONDS: u64 = 6;

/// What the gateway is made of.
#[derive(Debug)]
pub struct GatewayParts {
    pub ports: Ports,
    pub announcer: Announcer,
    pub router: Router,
    /// Facts of mints that no list names.
    pub assets: Arc<dyn AssetSource>,
    /// The simulated cluster, if it is simulated.
    pub simulation: Option<Arc<dyn Simulation>>,
    /// The wallets that trade, if this process can look at them.
    pub wallets: Option<Arc<dyn WalletViews>>,
    /// What is done about lamports that no receipt explains.
    pub on_alarm: OnAlarm,
    /// Reads transactions back, if this process can.
    pub transactions: Option<Arc<dyn TransactionReader>>,
    /// Tells where signatures stand, if this process can ask.
    pub statuses: Option<Arc<dyn Statuses>>,
    pub prometheus: PrometheusHandle,
    pub shutdown: Shutdown,
}

/// A gateway that listens but does not answer yet.
#[derive(Debug)]
pub struct Gateway {
    listener: TcpListener,
    address: SocketAddr,
    threads: Option<usize>,
    ctx: Ctx,
}

impl Gateway {
    /// Binds the port and starts the background tasks.
    pub fn build(settings: GatewaySettings, parts: GatewayParts) -> anyhow::Result<Self> {
        let listener = listen(&settings.host, settings.port)?;
        let address = listener.local_addr().context("could not tell the port")?;
        telemetry::describe();
        doors::telemetry::describe();
        let GatewayParts {
            ports,
            announcer,
            router,
            assets,
            simulation,
            wallets,
            on_alarm,
            transactions,
            statuses,
            prometheus,
            shutdown,
        } = parts;
        let intake = Intake::start(
            &settings,
            &ports,
            (announcer, assets, Some(router.clone())),
            &shutdown,
        );
        let (keys, clock) = (Arc::clone(intake.keys()), Arc::clone(&ports.clock));
        let doorstep = Doorstep::new(&settings, address, keys, clock);
        if doorstep.is_open_to_others() {
            tracing::warn!(
                "API_KEYS is not set and HOST={} is not loopback: whoever reaches this address can trade",
                settings.host
            );
        }
        let state = AppState {
            live: Live::start(&ports, &settings.tokens, settings.live, &shutdown),
            doorstep,
            intake,
            execution: ExecutionStats::new(&ports),
            books: BooksDesk::new(&ports),
            ports,
            router,
            tokens: settings.tokens,
            chain: settings.chain,
            simulation,
            wallets,
            on_alarm,
            transactions,
            statuses,
            prometheus,
            shutdown,
        };
        Ok(Self {
            listener,
            address,
            threads: settings.threads,
            ctx: web::Data::new(state),
        })
    }

    /// The port, also if a free one was asked for.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until it is asked to stop and everything under way has ended.
    pub async fn run_until_stopped(self) -> io::Result<()> {
        let shutdown = self.ctx.shutdown.clone();
        let server = serve(self.listener, self.threads, self.ctx)?;
        let handle = server.handle();
        tokio::select! {
            ended = server => ended,
            () = shutdown.hard() => {
                handle.stop(false).await;
                Ok(())
            }
        }
    }
}

fn serve(listener: TcpListener, threads: Option<usize>, ctx: Ctx) -> io::Result<Server> {
    let leaving = ctx.clone();
    let meter = web::Data::new(HttpMeter::default());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(ctx.clone())
            .app_data(meter.clone())
            .wrap(from_fn(edge::pass))
            .configure(routes::configure)
    })
    .on_connect(tcp::limit_stuck_peers)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_PATIENCE)
    .max_connections(MAX_CONNECTIONS)
    .shutdown_signal(async move {
        leaving.shutdown.soft().await;
        leaving.ports.clock.sleep(LAST_CALLS).await;
        let limit = Duration::from_secs(FINISH_WITHIN_SECONDS);
        leaving.intake.acts.end(limit).await;
    })
    .shutdown_timeout(FINISH_WITHIN_SECONDS);
    let server = match threads {
        Some(threads) => server.workers(threads.max(1)),
        None => server,
    };
    Ok(server.listen(listener)?.run())
}

/// A listener with room for a burst of clients.
fn listen(host: &str, port: u16) -> anyhow::Result<TcpListener> {
    let addresses = (host, port)
        .to_socket_addrs()
        .with_context(|| format!("could not find the address HOST={host}"))?;
    let mut refused = None;
    for address in addresses {
        match listen_on(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => refused = Some(error),
        }
    }
    let refused = refused.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into());
    let hint = match refused.kind() {
        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied => "; PORT chooses another port",
        _ => "",
    };
    Err(refused).with_context(|| format!("could not listen on {host}:{port}{hint}"))
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
