//! The fields of snipers.

use domain::order::{OrderType, PoolGates, Sniper, Trigger, VolumeFactor};
use domain::{Asset, BaseUnits};

use super::Reader;
use crate::intake::body::Field;
use crate::json_object::{number_of, text_of};

/// The type's name.
pub(super) const SNIPER: &str = "sniper";

/// What belongs to snipers alone.
const OWN: [Field; 5] = [
    Field::TriggerCondition,
    Field::TriggerValue,
    Field::MinLiquidity,
    Field::MaxFeeBps,
    Field::RequireRenounced,
];

/// The highest `maxFeeBps`.
const FEE_BPS_MAX: u64 = 10_000;

impl Reader<'_, '_> {
    /// Refuses a sniper's fields in an order of another type.
    pub(super) fn refuse_of_snipers(&mut self, name: &str) {
        for field in OWN {
            if self.fields.get(field).is_some() {
                self.fault(field, format!("does not belong to a {name} order"));
            }
        }
    }

    /// A sniper, whose least liquidity is read once it is known what it sells.
    pub(super) fn sniper(&mut self) -> Option<OrderType> {
        let trigger = self.trigger();
        let gates = PoolGates {
            min_liquidity: None,
            max_fee_bps: self.max_fee_bps(),
            require_renounced: self.require_renounced().unwrap_or(false),
        };
        let trigger = trigger?;
        Some(OrderType::Sniper(Sniper { trigger, gates }))
    }

    fn trigger(&mut self) -> Option<Trigger> {
        let name = match self.fields.get(Field::TriggerCondition) {
            Some(_) => self.text(Field::TriggerCondition)?,
            None => Trigger::PoolCreated.name().into(),
        };
        let place = Trigger::NAMES.iter().position(|known| *known == name);
        let Some(place) = place else {
            let message = format!("must be one of {}", Trigger::NAMES.join(", "));
            self.fault(Field::TriggerCondition, message);
            return None;
        };
        let has_value = self.fields.get(Field::TriggerValue).is_some();
        match (place, has_value) {
            (0, false) => return Some(Trigger::PoolCreated),
            (0, true) => {
                let message = "does not belong to pool_created, which waits for a pool alone";
                self.fault(Field::TriggerValue, message);
                return None;
            }
            (_, false) => {
                let message = format!("is missing: {name} needs it");
                self.fault(Field::TriggerValue, message);
                return None;
            }
            (_, true) => {}
        }
        Some(match place {
            1 => Trigger::PriceAbove {
                price: self.price(Field::TriggerValue)?,
            },
            2 => Trigger::PriceBelow {
                price: self.price(Field::TriggerValue)?,
            },
            _ => Trigger::VolumeSpike {
                factor: self.factor()?,
            },
        })
    }

    fn factor(&mut self) -> Option<VolumeFactor> {
        let value = self.fields.get(Field::TriggerValue)?;
        let parsed = match (number_of(value), text_of(value)) {
            (Some(number), _) => VolumeFactor::parse_json_number(number),
            (None, Some(text)) => VolumeFactor::parse(&text),
            (None, None) => {
                self.fault(Field::TriggerValue, "must be a decimal string or a number");
                return None;
            }
        };
        if let Err(error) = &parsed {
            self.fault(Field::TriggerValue, error.to_string());
        }
        parsed.ok()
    }

    fn max_fee_bps(&mut self) -> Option<u16> {
        let value = self.fields.get(Field::MaxFeeBps)?;
        let number = number_of(value).and_then(|text| match text {
            "0" => Some(0),
            other => BaseUnits::parse_json_number(other, 0)
                .ok()
                .map(BaseUnits::get),
        });
        let bps = number.filter(|bps| *bps <= FEE_BPS_MAX);
        let bps = bps.and_then(|bps| u16::try_from(bps).ok());
        if bps.is_none() {
            let message = format!("must be a whole number from 0 to {FEE_BPS_MAX}");
            self.fault(Field::MaxFeeBps, message);
        }
        bps
    }

    fn require_renounced(&mut self) -> Option<bool> {
        let value = self.fields.get(Field::RequireRenounced)?;
        match value.get() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.fault(Field::RequireRenounced, "must be true or false");
                None
            }
        }
    }

    /// The same order type with a sniper's least liquidity, in what it sells.
    pub(super) fn with_liquidity(
        &mut self,
        order_type: Option<OrderType>,
        asset_in: Option<Asset>,
    ) -> Option<OrderType> {
        let Some(OrderType::Sniper(sniper)) = order_type else {
            return order_type;
        };
        let min_liquidity = self.min_liquidity(asset_in);
        Some(OrderType::Sniper(Sniper {
            gates: PoolGates {
                min_liquidity,
                ..sniper.gates
            },
            ..sniper
        }))
    }

    fn min_liquidity(&mut self, asset_in: Option<Asset>) -> Option<BaseUnits> {
        let field = Field::MinLiquidity;
        let value = self.fields.get(field)?;
        match self.amount(field, value, asset_in)? {
            Ok(amount) => Some(amount),
            Err(error) => {
                self.fault(field, error.to_string());
                None
            }
        }
    }

    /// A waiting sniper as this body changes it.
    pub(super) fn changed_sniper(&mut self, sniper: Sniper, asset_in: Asset) -> Sniper {
        let has_value = self.fields.get(Field::TriggerValue).is_some();
        let trigger = match sniper.trigger {
            Trigger::PoolCreated if has_value => {
                let message = "does not belong to pool_created, which waits for a pool alone";
                self.fault(Field::TriggerValue, message);
                None
            }
            Trigger::PoolCreated => None,
            Trigger::PriceAbove { .. } | Trigger::PriceBelow { .. } => {
                let price = self.price(Field::TriggerValue);
                price.map(|price| sniper.trigger.at(price))
            }
            Trigger::VolumeSpike { .. } => {
                self.factor().map(|factor| Trigger::VolumeSpike { factor })
            }
        };
        let gates = sniper.gates;
        Sniper {
            trigger: trigger.unwrap_or(sniper.trigger),
            gates: PoolGates {
                min_liquidity: self.min_liquidity(Some(asset_in)).or(gates.min_liquidity),
                max_fee_bps: self.max_fee_bps().or(gates.max_fee_bps),
                require_renounced: self.require_renounced().unwrap_or(gates.require_renounced),
            },
        }
    }
}
