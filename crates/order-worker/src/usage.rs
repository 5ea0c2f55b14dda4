//! Shows how much of each day's limit is used, of each wallet: every one has the whole of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::spending::{Limited, Per, Purpose, SpendLimit, SpendLimits, WalletUse, quarter_of};
use domain::{Asset, Mint, NamedWallet, TokenList};
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
        set(&ctx, &wallet.name, &[], &Unlisted::new());
    }
    tokio::select! {
        biased;
        () = shutdown.soft() => {}
        () = looks(&ctx) => {}
    }
}

/// The decimals of tokens that no list names.
type Unlisted = HashMap<Mint, u8>;

async fn looks(ctx: &Context) {
    let mut unlisted = Unlisted::new();
    loop {
        for OwnWallet { name, .. } in &ctx.chain.wallets {
            match ctx.store.newest_uses(name.address).await {
                Ok(uses) => {
                    look_up(ctx, &uses, &mut unlisted).await;
                    set(ctx, name, &uses, &unlisted);
                }
                Err(error) => debug!(%error, "what is spent is looked at again: {error}"),
            }
        }
        ctx.clock.sleep(LOOK_EVERY).await;
    }
}

/// What was sold was looked up before, and is in the store.
async fn look_up(ctx: &Context, uses: &[(Purpose, WalletUse)], unlisted: &mut Unlisted) {
    for (purpose, _) in uses {
        let Purpose::Token(mint) = *purpose else {
            continue;
        };
        let is_listed = ctx.router.tokens().place_of(mint).is_some();
        if is_listed || unlisted.contains_key(&mint) {
            continue;
        }
        match ctx.store.asset(mint).await {
            Ok(Some(asset)) => {
                unlisted.insert(mint, asset.decimals);
            }
            Ok(None) => {}
            Err(error) => debug!(%error, "the token {mint} is looked up again: {error}"),
        }
    }
}

fn set(ctx: &Context, wallet: &NamedWallet, uses: &[(Purpose, WalletUse)], unlisted: &Unlisted) {
    let counted = Counted {
        limits: &ctx.settings.limits,
        tokens: ctx.router.tokens(),
        unlisted,
        uses,
        quarter: quarter_of(ctx.clock.now()),
    };
    for limit in counted.limits.all().iter().filter(|it| it.per == Per::Day) {
        let (wallet, token) = (wallet.name.to_string(), limit.of.name(counted.tokens));
        let fullest = counted.fullest(limit);
        metrics::gauge!(RATIO, "wallet" => wallet, "token" => token).set(fullest);
    }
}

/// What a wallet has used of its limits.
struct Counted<'a> {
    limits: &'a SpendLimits,
    tokens: &'a TokenList,
    unlisted: &'a Unlisted,
    uses: &'a [(Purpose, WalletUse)],
    quarter: i64,
}

impl Counted<'_> {
    /// The used part of a limit; of one for several tokens, that of the fullest.
    fn fullest(&self, limit: &SpendLimit) -> f64 {
        let uses = self.uses.iter();
        let about = uses.filter(|(purpose, _)| self.is_about(limit.of, *purpose));
        let ratios = about.filter_map(|(purpose, counted)| {
            let most = limit.units(self.decimals(*purpose)?).get();
            // As exact as a picture needs.
            (most > 0).then(|| counted.used(self.quarter) as f64 / most as f64)
        });
        ratios.fold(0.0, f64::max)
    }

    fn is_about(&self, of: Limited, purpose: Purpose) -> bool {
        match (of, purpose) {
            (Limited::Fees, Purpose::Fees) => true,
            (Limited::Token(limited), Purpose::Token(mint)) => limited == mint,
            (Limited::Others, Purpose::Token(mint)) => !self.limits.names(mint),
            _ => false,
        }
    }

    fn decimals(&self, purpose: Purpose) -> Option<u8> {
        let Purpose::Token(mint) = purpose else {
            return Some(Asset::SOL.decimals);
        };
        let listed = self.tokens.find(&mint.to_string());
        let listed = listed.map(|asset| asset.decimals);
        listed.or_else(|| self.unlisted.get(&mint).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_that_no_list_names_count_for_the_star() {
        let tokens = TokenList::mainnet();
        let limits = SpendLimits::parse("SOL:1/day,*:2/day", &tokens).expect("right");
        let mint = Mint::literal("9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump");
        let counted = |amount| {
            let mut counted = WalletUse::default();
            counted.count(7, amount, 0);
            counted
        };
        let uses = [
            (Purpose::Token(Asset::SOL.mint), counted(900_000_000)),
            (Purpose::Token(Asset::USDC.mint), counted(500_000)),
            (Purpose::Token(mint), counted(150)),
        ];
        let fullest = |unlisted: &Unlisted| {
            let counted = Counted {
                limits: &limits,
                tokens: &tokens,
                unlisted,
                uses: &uses,
                quarter: 7,
            };
            limits
                .all()
                .iter()
                .map(|limit| counted.fullest(limit))
                .collect::<Vec<_>>()
        };

        // 1.5 of it, with its two decimals.
        assert_eq!(fullest(&Unlisted::from([(mint, 2)])), [0.9, 0.75]);
        assert_eq!(fullest(&Unlisted::new()), [0.9, 0.25]);
    }
}
