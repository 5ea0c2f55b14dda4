//! Shows how much of each day's limit is used.

use std::sync::Arc;
use std::time::Duration;

use domain::spending::{Limited, Per, Purpose, SpendLimits, WalletUse, quarter_of};
use domain::{Asset, TokenList};
use ports::{Shutdown, WalletView};
use tracing::debug;

use crate::context::Context;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(15);
const RATIO: &str = "spend_limit_used_ratio";

/// Looks until somebody asks to stop.
pub(crate) async fn show(ctx: Arc<Context>, wallet: Arc<dyn WalletView>, shutdown: Shutdown) {
    metrics::describe_gauge!(
        RATIO,
        metrics::Unit::Count,
        "Used part of what a day may take, by token: 1 leaves no room; of tokens that are not named, the fullest"
    );
    let limits = &ctx.settings.limits;
    for limit in limits.all().iter().filter(|it| it.per == Per::Day) {
        let token = limit.of.name(ctx.router.tokens());
        metrics::gauge!(RATIO, "token" => token).set(0.0);
    }
    tokio::select! {
        biased;
        () = shutdown.soft() => {}
        () = looks(&ctx, &*wallet) => {}
    }
}

async fn looks(ctx: &Context, wallet: &dyn WalletView) {
    let mut address = None;
    loop {
        if address.is_none() {
            address = wallet.look().await.ok().map(|wallet| wallet.address);
        }
        if let Some(address) = address {
            match ctx.store.newest_uses(address).await {
                Ok(uses) => set(ctx, &uses),
                Err(error) => debug!(%error, "what is spent is looked at again: {error}"),
            }
        }
        ctx.clock.sleep(LOOK_EVERY).await;
    }
}

fn set(ctx: &Context, uses: &[(Purpose, WalletUse)]) {
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
        metrics::gauge!(RATIO, "token" => limit.of.name(tokens)).set(fullest);
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
