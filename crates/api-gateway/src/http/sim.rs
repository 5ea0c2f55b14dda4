//! What operators do to a simulated cluster: trade as somebody else, let a token be born, let things
//! go wrong. Each act is in the audit log before it is begun, because the chain and the store share
//! no transaction.

mod requests;

use std::sync::Arc;

use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use api_types::sim::{SimFaults, SimFaultsSet, SimLaunch, SimLaunched, SimTrade, SimTraded};
use ports::{Simulation, chain};

use crate::deadline;
use crate::doorstep::Operator;
use crate::error::Result;
use crate::http::payload;
use crate::state::Ctx;

/// Trade as somebody else, so that a pool's price moves
///
/// In `sim` mode alone.
#[utoipa::path(
    post,
    path = "/api/sim/trade",
    operation_id = "simTrade",
    tag = "admin",
    request_body = SimTrade,
    responses((status = 200, description = "The swap landed", body = SimTraded))
)]
pub(crate) async fn trade(
    ctx: Ctx,
    operator: Operator,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let (simulation, body) = asked(&ctx, &request, payload).await?;
    let trade = requests::trade(&body, &ctx.tokens, &*simulation).await?;
    let detail = format!(
        "{} of {}",
        ctx.router.print(trade.amount_in, trade.asset_in),
        trade.pool
    );
    let act = Act::new(operator, "sim_trade", detail);
    let trading = async move { simulation.trade(&trade.to_port()).await };
    let signature = act.run(&ctx, trading).await?;
    Ok(HttpResponse::Ok().json(SimTraded {
        success: true,
        signature: signature.as_str().to_owned(),
    }))
}

/// Let a token be born with its pool
///
/// In `sim` mode alone. The token list has no entry for it: it is named by its mint.
#[utoipa::path(
    post,
    path = "/api/sim/launch",
    operation_id = "simLaunch",
    tag = "admin",
    request_body = SimLaunch,
    responses((status = 200, description = "The token and its pool", body = SimLaunched))
)]
pub(crate) async fn launch(
    ctx: Ctx,
    operator: Operator,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let (simulation, body) = asked(&ctx, &request, payload).await?;
    let (launch, symbol) = requests::launch(&body)?;
    let name = symbol.unwrap_or_else(|| "a token without a symbol".to_owned());
    let detail = format!("{name}, {}", launch.program);
    let act = Act::new(operator, "sim_launch", detail);
    let launching = async move { simulation.launch(&launch).await };
    let born = act.run(&ctx, launching).await?;
    Ok(HttpResponse::Ok().json(SimLaunched {
        success: true,
        mint: born.mint.to_string(),
        pool_address: born.pool.to_string(),
    }))
}

/// Let these things go wrong from now on, and nothing else
///
/// In `sim` mode alone; `{}` = nothing goes wrong.
#[utoipa::path(
    post,
    path = "/api/sim/faults",
    operation_id = "simFaults",
    tag = "admin",
    request_body = SimFaults,
    responses((status = 200, description = "The faults that hold now", body = SimFaultsSet))
)]
pub(crate) async fn faults(
    ctx: Ctx,
    operator: Operator,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let (simulation, body) = asked(&ctx, &request, payload).await?;
    let faults = requests::faults(&body)?;
    let act = Act::new(operator, "sim_faults", requests::said(&faults));
    let set = requests::to_port(&faults);
    let setting = async move { simulation.set_faults(&set).await };
    act.run(&ctx, setting).await?;
    Ok(HttpResponse::Ok().json(SimFaultsSet {
        success: true,
        faults,
    }))
}

/// The simulation, and the body that says what to do to it. Whether there is one is said before anything of the body.
async fn asked(
    ctx: &Ctx,
    request: &HttpRequest,
    payload: Payload,
) -> Result<(Arc<dyn Simulation>, Bytes)> {
    let simulation = Arc::clone(ctx.simulation()?);
    let body = payload::read_json(request, payload).await?;
    Ok((simulation, body))
}

/// An operator's act, as the audit log and the log say it.
struct Act {
    actor: &'static str,
    action: &'static str,
    detail: String,
}

impl Act {
    fn new(Operator { actor }: Operator, action: &'static str, detail: String) -> Self {
        Self {
            actor,
            action,
            detail,
        }
    }

    /// Writes it to the audit log and does it, whether or not the caller stays.
    async fn run<T: Send + 'static>(
        self,
        ctx: &Ctx,
        act: impl Future<Output = std::result::Result<T, chain::Error>> + Send + 'static,
    ) -> Result<T> {
        let parts = ctx.clone();
        let acting = async move {
            let Self {
                actor,
                action,
                detail,
            } = self;
            let noting = parts.ports.store.note_act(actor, action, &detail);
            deadline::write(noting).await?;
            tracing::info!(actor, action, "{action} by {actor}: {detail}");
            deadline::chain_act(act).await
        };
        ctx.intake.acts.run_to_end(acting).await
    }
}
