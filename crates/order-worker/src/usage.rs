//! Shows how much of each day's limit is used, of each wallet: every one has the whole of it.

use std::sync::Arc;
use std::time::Duration;

use domain::spending::{Limited, Per, Purpose, SpendLimits, WalletUse, quarter_of};
use domain::{Asset, NamedWallet, TokenList};
use ports::Shutdown;
use tracing::debug;

use crate::OwnWallet;
use crate::context::Context;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(15);
const RATIO: &str = "spend_limit_used_ratio";

/// Looks until somebody asks to stop.
pub(crate) async fn show(ctx: Arc<Context>, shutdown: Shutdown) {
    metrics::describe_gauge!(
        RATIO,
        metrics::Unit::Count,
        "Used part of what a day may take, by wallet and token: 1 leaves no room; of tokens that are not named, the fullest"
    );
    for wallet in &ctx.chain.wallets {
        set(&ctx, &wallet.name, &[]);
    }
    tokio::select! {
        biased;
        () = shutdown.soft() => {}
        () = looks(&ctx) => {}
    }
}

async fn looks(ctx: &Context) {
    loop {
        for OwnWallet { name, .. } in &ctx.chain.wallets {
            match ctx.store.newest_uses(name.address).await {
                Ok(uses) => set(ctx, name, &uses),
                Err(error) => debug!(%error, "what is spent is looked at again: {error}"),
            }
        }
        ctx.clock.sleep(LOOK_EVERY).await;
    }
}

fn set(ctx: &Context, wallet: &NamedWallet, uses: &[(Purpose, WalletUse)]) {
    let (limits, tokens) = (&ctx.settings.limits, ctx.router.tokens());
    let quarter = quarter_of(ctx.clock.now());
    for limit in limits.all().iter().filter(|it| it.per == Per::Day) {
        let ratios = uses.iter().filter_map(|(purpose, counted)| {
            let decimals = decimals(limits, tokens, limit.of, *purpose)?;
            let most = limit.units(decimals).get();
            // As exact as a picture needs.
            (most > 0).then(|| counted.used(quarter) as f64 / most as f64)
        });
        let fullest = ratios.fold(0.0, f64::max);
        let (wallet, token) = (wallet.name.to_string(), limit.of.name(tokens));
        metrics::gauge!(RATIO, "wallet" => wallet, "token" => token).set(fullest);
    }
}

/// The decimals of what is counted, where this limit is about it and they are known.
fn decimals(limits: &SpendLimits, tokens: &TokenList, of: Limited, purpose: Purpose) -> Option<u8> {
    match (of, purpose) {
        (Limited::Fees, Purpose::Fees) => Some(Asset::SOL.decimals),
        (Limited::Token(limited), Purpose::Token(mint)) if limited == mint => {
            Some(tokens.find(&mint.to_string())?.decimals)
        }
        (Limited::Others, Purpose::Token(mint)) if !limits.names(mint) => {
            Some(tokens.find(&mint.to_string())?.decimals)
        }
        _ => None,
    }
}
