//! How much the kernel buffers for a peer that does not read, and for how long. Without these
//! limits a stuck reader keeps megabytes for ever; with them it is gone within seconds.

use std::any::Any;
use std::time::Duration;

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use socket2::SockRef;

/// Bytes waiting to be sent on one connection. The kernel doubles it; all events of an order fit.
const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// A connection ends if the peer has not taken its bytes for this long.
const USER_TIMEOUT: Duration = Duration::from_secs(5);

/// Sets the limits on a new connection; for `HttpServer::on_connect`.
pub(crate) fn limit_stuck_peers(connection: &dyn Any, _: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else {
        return;
    };
    let socket = SockRef::from(stream);
    let limited = socket
        .set_send_buffer_size(SEND_BUFFER_BYTES)
        .and_then(|()| set_user_timeout(&socket))
        .and_then(|()| socket.set_tcp_nodelay(true));
    if let Err(error) = limited {
        // The peer is gone already; the server will notice.
        let error: &dyn std::error::Error = &error;
        tracing::debug!(error, "a new connection did not take its limits");
    }
}

#[cfg(target_os = "linux")]
fn set_user_timeout(socket: &SockRef<'_>) -> std::io::Result<()> {
    socket.set_tcp_user_timeout(Some(USER_TIMEOUT))
}

#[cfg(not(target_os = "linux"))]
fn set_user_timeout(_: &SockRef<'_>) -> std::io::Result<()> {
    Ok(())
}
