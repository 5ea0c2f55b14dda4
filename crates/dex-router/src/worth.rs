//! What lamports are worth in what an order buys, so that what a route costs is set against what it pays.

use domain::BaseUnits;
use domain::fee::UnitPrice;

use crate::offers;
use crate::request::QuoteRequest;
use crate::thirds::Third;

/// What an account of 165 bytes must hold, which does not come back: an account of a third token stays.
pub(crate) const ACCOUNT_RENT: u64 = 2_039_280;
/// Compute units of a further swap.
const SWAP_UNITS: u128 = 45_000;

/// What is known of SOL's price in what an order buys.
#[derive(Debug)]
pub(crate) struct Worth<'a> {
    pub(crate) request: QuoteRequest,
    /// What the best pool pays for what the order sells.
    pub(crate) sold_for: Option<BaseUnits>,
    pub(crate) thirds: &'a [Third],
}

/// What a further swap costs at this price.
pub(crate) fn swap_lamports(price: UnitPrice) -> u64 {
    let micro = u128::from(price.get()) * SWAP_UNITS;
    u64::try_from(micro.div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

impl Worth<'_> {
    /// So many lamports in what the order buys; nothing where nobody tells their price.
    pub(crate) fn of(&self, lamports: u64) -> BaseUnits {
        let QuoteRequest {
            asset_in,
            asset_out,
            amount_in,
            ..
        } = self.request;
        if lamports == 0 || asset_out.is_native() {
            return BaseUnits::new(lamports);
        }
        let found = match asset_in.is_native() {
            true => self.sold_for.and_then(|paid| {
                let worth = u128::from(lamports) * u128::from(paid.get());
                u64::try_from(worth.checked_div(amount_in.get().into())?).ok()
            }),
            false => self.by_third(lamports),
        };
        BaseUnits::new(found.unwrap_or(0))
    }

    /// By what the pools of SOL pay for them.
    fn by_third(&self, lamports: u64) -> Option<u64> {
        let sol = self.thirds.iter().find(|it| it.asset.is_native())?;
        let assets = (sol.asset, self.request.asset_out);
        let answered = sol.from.iter().filter_map(|it| it.pools.as_ref().ok());
        let paid = answered.flat_map(|among| {
            let pools = among.pools.iter().filter_map(|it| it.state.as_deref().ok());
            pools.filter_map(|pool| offers::quote(pool, among, assets, lamports).ok())
        });
        paid.map(|(quote, _)| quote.amount_out).max()
    }
}
