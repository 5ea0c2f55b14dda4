//! Looks at what the pools of a pair hold, to tell how much is traded.

use domain::Terms;
use domain::volume::{VaultLook, Volume};
use ports::volumes::NewLook;
use ports::waiting::Pair;

use crate::context::Context;

/// What is traded of a pair, this look counted in.
pub(crate) async fn look(ctx: &Context, pair: &Pair, terms: &Terms) -> ports::Result<Volume> {
    let known = ctx.store.volume(pair).await?;
    let Some(look) = vaults(ctx, terms).await else {
        return Ok(known.volume);
    };
    // An endpoint that is behind shows what was counted already.
    if known
        .last
        .as_ref()
        .is_some_and(|last| look.slot <= last.slot)
    {
        return Ok(known.volume);
    }
    let traded = known.last.as_ref().map(|last| look.change_since(last));
    let look = NewLook {
        last: known.last.map(|last| last.slot),
        traded: traded.unwrap_or(domain::BaseUnits::new(0)),
        look,
    };
    ctx.store.keep_look(pair, &look).await?;
    Ok(ctx.store.volume(pair).await?.volume)
}

/// What each pool holds of the asset sold; nothing where there is no pool, or not all venues answer.
async fn vaults(ctx: &Context, terms: &Terms) -> Option<VaultLook> {
    let report = ctx.router.pools(terms.asset_in, terms.asset_out).await;
    let pools = report.ok()?.pools;
    let slot = pools.iter().map(|pool| pool.slot).max()?;
    let held = pools.iter();
    let held = held.filter_map(|it| Some((it.pool.address?, it.depth_in?)));
    Some(VaultLook {
        slot,
        held: held.collect(),
    })
}
