//! What orders may spend: refuses at once what passes an order's limit, and shows what a day has seen. The workers
//! hold to the limits; what a gateway says of a day is what stood in the store a moment ago.

use std::sync::Arc;

use api_types::wallet::LimitView;
use domain::spending::{Limited, Per, Purpose, SpendLimit, SpendLimits, WalletUse, quarter_of};
use domain::{Address, Asset, BaseUnits, Mint, Terms, TokenList};
use ports::{Clock, Ports, Store};

use crate::deadline;
use crate::error::{ApiError, Code, Result};

/// The limits that this process was given, and what is counted against them.
#[derive(Debug, Clone)]
pub(crate) struct Spending {
    limits: Arc<SpendLimits>,
    tokens: Arc<TokenList>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

/// What a limit leaves no room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excess {
    /// For everybody.
    pub(crate) said: &'static str,
    /// For operators.
    pub(crate) amounts: String,
}

impl Spending {
    pub(crate) fn new(limits: &Arc<SpendLimits>, tokens: &Arc<TokenList>, ports: &Ports) -> Self {
        Self {
            limits: Arc::clone(limits),
            tokens: Arc::clone(tokens),
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
        }
    }

    /// Whether an order can be refused for what it sells.
    pub(crate) fn limits_orders(&self) -> bool {
        !self.limits.is_empty()
    }

    /// Refuses an order that sells more than one may.
    pub(crate) fn admit(&self, terms: &Terms) -> Result<()> {
        match self.excess_of_order(terms) {
            None => Ok(()),
            Some(excess) => {
                let detail = format!("{}: {}", excess.said, excess.amounts);
                Err(ApiError::new(Code::SpendLimit, detail))
            }
        }
    }

    fn excess_of_order(&self, terms: &Terms) -> Option<Excess> {
        let limit = self.limits.of_token(terms.asset_in, Per::Order)?;
        (terms.amount_in > limit).then(|| Excess {
            said: "the order sells more than an order may",
            amounts: format!(
                "{} of at most {}",
                self.print(terms.amount_in, terms.asset_in),
                self.print(limit, terms.asset_in)
            ),
        })
    }

    /// What would stop an order of this wallet now.
    pub(crate) async fn excesses(&self, wallet: Option<Address>, terms: &Terms) -> Vec<Excess> {
        let mut excesses: Vec<Excess> = self.excess_of_order(terms).into_iter().collect();
        let of_token = self.limits.of_token(terms.asset_in, Per::Day);
        let of_fees = self.limits.of_fees(Per::Day);
        let (Some(wallet), true) = (wallet, of_token.is_some() || of_fees.is_some()) else {
            return excesses;
        };
        let purposes = [Purpose::Token(terms.asset_in.mint), Purpose::Fees];
        let Ok(uses) = deadline::read(self.store.uses(wallet, &purposes)).await else {
            return excesses;
        };
        let [of_sold, of_aside] = &uses[..] else {
            return excesses;
        };
        let least_fee = BaseUnits::new(5_000);
        let both = [
            (
                of_token,
                of_sold,
                terms.amount_in,
                terms.asset_in,
                "the day's limit for what is sold leaves no room for the order",
            ),
            (
                of_fees,
                of_aside,
                least_fee,
                Asset::SOL,
                "the day's limit for fees leaves no room for a transaction",
            ),
        ];
        for (limit, counted, wanted, asset, said) in both {
            let used = self.used(counted);
            let Some(limit) = limit else {
                continue;
            };
            if u128::from(used.get()) + u128::from(wanted.get()) > u128::from(limit.get()) {
                let (used, limit) = (self.print(used, asset), self.print(limit, asset));
                let amounts = format!("{used} of {limit} are used");
                excesses.push(Excess { said, amounts });
            }
        }
        excesses
    }

    /// Every limit, with what a day has seen of it.
    pub(crate) async fn shown(&self, wallet: Address) -> Result<Vec<LimitView>> {
        if self.limits.is_empty() {
            return Ok(Vec::new());
        }
        let counted = deadline::read(self.store.newest_uses(wallet)).await?;
        let mut shown = Vec::new();
        for limit in self.limits.all() {
            shown.push(self.view(limit, &counted).await?);
            if (limit.of, limit.per) == (Limited::Others, Per::Day) {
                for (purpose, counted) in &counted {
                    shown.extend(self.other(limit, *purpose, counted).await?);
                }
            }
        }
        Ok(shown)
    }

    async fn view(
        &self,
        limit: &SpendLimit,
        counted: &[(Purpose, WalletUse)],
    ) -> Result<LimitView> {
        let used_of = |purpose, asset: Asset| {
            let mut counted = counted.iter();
            let found = counted.find(|(it, _)| *it == purpose);
            let used = found.map_or(BaseUnits::new(0), |(_, counted)| self.used(counted));
            used.to_decimal(asset.decimals)
        };
        let used = match (limit.per, limit.of) {
            (Per::Order, _) | (_, Limited::Others) => None,
            (Per::Day, Limited::Fees) => Some(used_of(Purpose::Fees, Asset::SOL)),
            (Per::Day, Limited::Token(mint)) => {
                let asset = self.asset(mint).await?;
                asset.map(|asset| used_of(Purpose::Token(mint), asset))
            }
        };
        Ok(LimitView {
            token: limit.of.name(&self.tokens),
            per: limit.per.name().to_owned(),
            limit: limit.amount(),
            used,
        })
    }

    /// What a mint is; nothing where nobody has looked it up yet, and so nobody has sold it.
    async fn asset(&self, mint: Mint) -> Result<Option<Asset>> {
        match self.tokens.find(&mint.to_string()) {
            Some(listed) => Ok(Some(listed)),
            None => deadline::read(self.store.asset(mint)).await,
        }
    }

    /// What the limit of all others is for one of them that was sold.
    async fn other(
        &self,
        limit: &SpendLimit,
        purpose: Purpose,
        counted: &WalletUse,
    ) -> Result<Option<LimitView>> {
        let Purpose::Token(mint) = purpose else {
            return Ok(None);
        };
        let used = self.used(counted);
        if self.limits.names(mint) || used.get() == 0 {
            return Ok(None);
        }
        Ok(self.asset(mint).await?.map(|asset| LimitView {
            token: self.tokens.name_of(mint),
            per: limit.per.name().to_owned(),
            limit: limit.amount(),
            used: Some(used.to_decimal(asset.decimals)),
        }))
    }

    fn used(&self, counted: &WalletUse) -> BaseUnits {
        let used = counted.used(quarter_of(self.clock.now()));
        BaseUnits::new(u64::try_from(used).unwrap_or(u64::MAX))
    }

    fn print(&self, amount: BaseUnits, asset: Asset) -> String {
        let amount = amount.to_decimal(asset.decimals);
        format!("{amount} {}", self.tokens.name_of(asset.mint))
    }
}
