//! What clients see of snipers: the fields of the order, and what one waits for.

use domain::order::{OrderType, Sniper, Terms, Trigger, WaitsFor};
use domain::volume::{Lacking, Volume};
use domain::{BaseUnits, Timestamp};

use crate::submit::TriggerName;

/// The fields of a sniper; none for orders of other types.
#[derive(Debug, Default)]
pub(crate) struct SniperFields {
    pub(crate) trigger_condition: Option<TriggerName>,
    pub(crate) trigger_value: Option<String>,
    pub(crate) min_liquidity: Option<String>,
    pub(crate) max_fee_bps: Option<u16>,
    pub(crate) require_renounced: Option<bool>,
}

/// More of what a sniper waits for, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct SniperWaiting {
    pub(crate) opens_at: Option<String>,
    pub(crate) needs: Option<String>,
    pub(crate) volume: Option<String>,
    pub(crate) mean: Option<String>,
}

/// What is known of the pools that a sniper waits for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sight {
    /// Why no pool may be used now.
    pub lacking: Option<String>,
    /// When the first one opens that may be used then.
    pub opens_at: Option<Timestamp>,
    /// What was traded lately.
    pub volume: Option<Volume>,
}

impl SniperFields {
    pub(crate) fn of(terms: &Terms) -> Self {
        let Some(Sniper { trigger, gates }) = terms.order_type.sniper() else {
            return Self::default();
        };
        let sold = |amount: BaseUnits| amount.to_decimal(terms.asset_in.decimals);
        Self {
            trigger_condition: Some(trigger.into()),
            trigger_value: match trigger {
                Trigger::PoolCreated => None,
                Trigger::PriceAbove { price } | Trigger::PriceBelow { price } => {
                    Some(price.to_string())
                }
                Trigger::VolumeSpike { factor } => Some(factor.to_string()),
            },
            min_liquidity: gates.min_liquidity.map(sold),
            max_fee_bps: gates.max_fee_bps,
            require_renounced: Some(gates.require_renounced),
        }
    }
}

impl Sight {
    /// What a sniper waits for, in one sentence; `what` is what it would say of its price.
    pub(crate) fn detail(&self, order_type: OrderType, what: &str) -> String {
        let mut detail = match order_type.sniper().map(|sniper| sniper.trigger) {
            Some(Trigger::PoolCreated) => {
                "the order waits for a pool that passes its gates".to_owned()
            }
            Some(Trigger::VolumeSpike { factor }) => {
                format!("the order waits for a minute of {factor} times the mean volume")
            }
            _ => what.to_owned(),
        };
        if let Some(lacking) = &self.lacking {
            detail = format!("{detail}; {lacking}");
        }
        detail
    }

    pub(crate) fn waiting(&self, terms: &Terms) -> SniperWaiting {
        let of_volume = terms.order_type.waits_for() == Some(WaitsFor::Volume);
        let volume = self.volume.filter(|_| of_volume);
        let sold = |amount: BaseUnits| amount.to_decimal(terms.asset_in.decimals);
        SniperWaiting {
            opens_at: self.opens_at.map(|at| at.to_string()),
            needs: volume.and_then(|volume| volume.lacks()).map(needs),
            volume: volume.map(|volume| sold(volume.running)),
            mean: volume.and_then(|volume| volume.mean()).map(sold),
        }
    }
}

fn needs(lacking: Lacking) -> String {
    match lacking {
        Lacking::Minutes(1) => "1 more minute of volume".to_owned(),
        Lacking::Minutes(minutes) => format!("{minutes} more minutes of volume"),
        Lacking::Trades => "a trade within the last hour".to_owned(),
    }
}

impl From<Trigger> for TriggerName {
    fn from(trigger: Trigger) -> Self {
        match trigger {
            Trigger::PoolCreated => Self::PoolCreated,
            Trigger::PriceAbove { .. } => Self::PriceAbove,
            Trigger::PriceBelow { .. } => Self::PriceBelow,
            Trigger::VolumeSpike { .. } => Self::VolumeSpike,
        }
    }
}
