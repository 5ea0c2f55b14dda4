//! `GET /api/wallet`: the wallet that trades.

use actix_web::HttpResponse;
use api_types::wallet::{HoldingView, LimitView, WalletAnswer};
use domain::TokenList;
use ports::wallet::{Holding, Wallet};

use crate::auth::{Caller, Scope};
use crate::deadline;
use crate::error::{ApiError, Code, Result};
use crate::settings::Trading;
use crate::state::{AppState, Ctx};

/// The wallet that trades
///
/// At most two seconds old. Where keys are set, for the admin key alone.
#[utoipa::path(
    get,
    path = "/api/wallet",
    operation_id = "getWallet",
    tag = "market",
    responses((status = 200, description = "What it holds and may spend", body = WalletAnswer))
)]
pub(crate) async fn wallet(ctx: Ctx, caller: Caller) -> Result<HttpResponse> {
    if !is_shown_to(&ctx, &caller) {
        let detail = "the wallet is shown to the admin key alone";
        return Err(ApiError::new(Code::Forbidden, detail));
    }
    let Some(view) = &ctx.wallet else {
        let detail = "this gateway knows of no wallet";
        return Err(ApiError::new(Code::NotFound, detail));
    };
    let wallet = deadline::chain(view.look()).await?;
    let limits = ctx.intake.spending.shown(wallet.address);
    let (trading, limits) = futures_util::try_join!(trading(&ctx), limits)?;
    Ok(HttpResponse::Ok().json(answer(&wallet, &ctx, trading, limits)))
}

/// Where keys are set, to the admin key alone.
pub(super) fn is_shown_to(ctx: &AppState, caller: &Caller) -> bool {
    let keys = &ctx.doorstep.keys;
    caller.scope == Scope::Admin || (keys.are_open() && !keys.has_admin())
}

/// Whether orders are executed: the locks that this gateway has, and whether somebody halted the engine.
async fn trading(ctx: &AppState) -> Result<&'static str> {
    match ctx.chain.trading {
        Trading::Enabled if deadline::read(ctx.ports.store.halted()).await?.is_some() => {
            Ok("halted")
        }
        trading => Ok(trading.name()),
    }
}

fn answer(wallet: &Wallet, ctx: &AppState, trading: &str, limits: Vec<LimitView>) -> WalletAnswer {
    let held = wallet.tokens.iter();
    WalletAnswer {
        success: true,
        address: wallet.address.to_string(),
        cluster: wallet.cluster.clone(),
        mode: wallet.mode.clone(),
        lamports: wallet.lamports,
        tokens: held.map(|holding| view_of(holding, &ctx.tokens)).collect(),
        limits,
        trading: trading.to_owned(),
    }
}

fn view_of(holding: &Holding, tokens: &TokenList) -> HoldingView {
    let Holding { asset, amount } = holding;
    let mint = asset.mint.to_string();
    let name = tokens.name_of(asset.mint);
    HoldingView {
        symbol: (name != mint).then_some(name),
        mint,
        amount: amount.to_decimal(asset.decimals),
    }
}
