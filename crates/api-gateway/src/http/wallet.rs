//! `GET /api/wallet`: the wallets that trade.

use actix_web::{HttpRequest, HttpResponse};
use api_types::wallet::{HoldingView, LimitView, NamedWalletView, WalletAnswer};
use domain::{Address, NamedWallet, TokenList, WalletName};
use ports::wallet::{Holding, Wallet};

use crate::auth::{Caller, Scope};
use crate::deadline;
use crate::error::{ApiError, Code, Result};
use crate::parameters::Parameters;
use crate::settings::Trading;
use crate::state::{AppState, Ctx};
use crate::wallets::Asked;

/// The wallet that trades
///
/// At most two seconds old. Where keys are set, for the admin key alone. Where several wallets trade, `wallets` lists
/// them, and this is the one that pays for orders that ask for none.
#[utoipa::path(
    get,
    path = "/api/wallet",
    operation_id = "getWallet",
    tag = "market",
    params(("wallet" = Option<String>, Query, description = "Another wallet, by its name or address")),
    responses((status = 200, description = "What it holds and may spend", body = WalletAnswer))
)]
pub(crate) async fn wallet(ctx: Ctx, caller: Caller, request: HttpRequest) -> Result<HttpResponse> {
    if !is_shown_to(&ctx, &caller) {
        let detail = "the wallet is shown to the admin key alone";
        return Err(ApiError::new(Code::Forbidden, detail));
    }
    let asked = asked(&Parameters::of(&request)?)?;
    let known = ctx.intake.wallets.known().await;
    let (name, address) = chosen(&ctx, asked.as_ref()).await;
    let (Some(views), Some(address)) = (&ctx.wallets, address) else {
        let detail = "this gateway knows of no such wallet";
        return Err(ApiError::new(Code::NotFound, detail));
    };
    let wallet = deadline::chain(views.of(address).look()).await?;
    let limits = ctx.intake.spending.shown(wallet.address);
    let (trading, limits) = futures_util::try_join!(trading(&ctx), limits)?;
    let answer = answer(&wallet, &ctx, trading, limits);
    Ok(HttpResponse::Ok().json(match known.len() {
        0 | 1 => answer,
        _ => WalletAnswer {
            name: name.map(String::from),
            wallets: listed(&ctx, &known).await,
            ..answer
        },
    }))
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

/// The wallet that a query names.
pub(super) fn asked(parameters: &Parameters) -> Result<Option<Asked>> {
    let message = "must be a wallet's name or address";
    parameters.parsed("wallet", Asked::parse, message)
}

/// The wallet that is asked for; where none is, the one that pays unasked.
pub(super) async fn chosen(
    ctx: &AppState,
    asked: Option<&Asked>,
) -> (Option<WalletName>, Option<Address>) {
    let found = match asked {
        Some(asked) => ctx.intake.wallets.find(asked).await,
        None => ctx.intake.wallets.known().await.first().cloned(),
    };
    match (found, asked) {
        (Some(found), _) => (Some(found.name), Some(found.address)),
        (None, Some(_)) => (None, None),
        (None, None) => (None, ctx.chain.wallet),
    }
}

/// The wallet that pays for orders that name none.
pub(super) async fn unasked(ctx: &AppState) -> Option<Address> {
    chosen(ctx, None).await.1
}

async fn listed(ctx: &AppState, known: &[NamedWallet]) -> Vec<NamedWalletView> {
    let mut listed = Vec::new();
    for NamedWallet { name, address } in known {
        listed.push(NamedWalletView {
            name: name.to_string(),
            address: address.to_string(),
            live: ctx.intake.wallets.is_here(*address).await,
        });
    }
    listed
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
        name: None,
        wallets: Vec::new(),
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
