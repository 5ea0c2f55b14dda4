//! The cluster as a Solana node on this machine.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::{App, HttpServer};
use sim_chain::{World, server};

/// Serves JSON-RPC over HTTP and WebSocket, and sim-chain's ledger and operators' calls, until it is told to stop.
pub fn serve(world: Arc<World>, listeners: Vec<TcpListener>) -> io::Result<Server> {
    let mut server = HttpServer::new(move || {
        let world = Arc::clone(&world);
        App::new().configure(move |routes| server::configure(routes, world))
    })
    .workers(1);
    for listener in listeners {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}
