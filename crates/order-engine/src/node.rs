//! The simulated cluster over HTTP: its JSON-RPC with its sockets, and what operators may do to it.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::{App, HttpServer};
use anyhow::Context;
use bootstrap::{runtime, status};
use ports::Shutdown;
use sim_chain::World;

/// Simulated calls end within seconds; callers repeat those that have not ended by then.
const FINISH_WITHIN_SECONDS: u64 = 3;

/// A node that listens but does not answer yet.
#[derive(Debug)]
pub(crate) struct Node {
    world: Arc<World>,
    /// The port asked for, and the next one, where clients look for sockets, if it was free.
    listeners: Vec<TcpListener>,
    shutdown: Shutdown,
}

impl Node {
    /// Begins to listen.
    pub(crate) fn listen(
        (host, port): (&str, u16),
        world: Arc<World>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Self> {
        let listeners = sim_chain::node::http::listen(host, port)
            .with_context(|| format!("could not listen on {host}:{port}"))?;
        Ok(Self {
            world,
            listeners,
            shutdown: shutdown.clone(),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> std::io::Result<SocketAddr> {
        let first = self.listeners.first();
        first.map_or(
            Err(std::io::ErrorKind::NotConnected.into()),
            TcpListener::local_addr,
        )
    }

    /// Answers until it is asked to stop; tells its status too, if this process has no other place for it.
    pub(crate) async fn serve(self, status: Option<status::Parts>) -> anyhow::Result<()> {
        let (world, shutdown) = (self.world, self.shutdown);
        let soft = shutdown.clone();
        let mut server = HttpServer::new(move || {
            let (world, status) = (world.clone(), status.clone());
            App::new()
                .configure(|routes| {
                    if let Some(parts) = status {
                        status::routes(routes, parts);
                    }
                })
                .configure(|routes| sim_chain::server::configure(routes, world))
        })
        .workers(runtime::threads())
        .shutdown_signal(async move { soft.soft().await })
        .shutdown_timeout(FINISH_WITHIN_SECONDS);
        for listener in self.listeners {
            server = server.listen(listener)?;
        }
        let server = server.run();
        let handle = server.handle();
        tokio::select! {
            ended = server => ended.context("the simulated cluster's server failed"),
            () = shutdown.hard() => {
                handle.stop(false).await;
                Ok(())
            }
        }
    }
}
