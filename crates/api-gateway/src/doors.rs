//! Live connections: WebSockets (`doors/ws.rs`, each then a task of `doors/socket.rs`) and
//! server-sent events (`doors/sse.rs`).

pub(crate) mod close;
pub(crate) mod sse;
pub(crate) mod tcp;
pub(crate) mod telemetry;
pub(crate) mod ws;

mod frame_guard;
mod socket;

use actix_web::HttpRequest;

use crate::auth::Caller;
use crate::live::Permit;
use crate::state::Ctx;

/// A permit for one more live connection of this caller, if the limits allow it.
pub(crate) fn admit(ctx: &Ctx, caller: &Caller, request: &HttpRequest) -> Option<Permit> {
    let payer = ctx.doorstep.payer(request, caller);
    ctx.live.admit(payer.as_str())
}
