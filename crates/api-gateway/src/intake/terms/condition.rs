//! The fields of orders that wait for a condition, and what may be changed of such an order.

use domain::order::{OrderType, Terms};
use domain::waiting::{InvalidTrail, Trail};
use domain::{Asset, BaseUnits, Bps, OcoGroup, Price};

use super::sniper::SNIPER;
use super::{Reader, of_fields};
use crate::error::Result;
use crate::intake::body::{Field, Fields};
use crate::json_object::{number_of, text_of};

/// The fields that may be changed while an order waits, whatever its type; beside them those of its own condition.
const CHANGEABLE: [Field; 6] = [
    Field::MinAmountOut,
    Field::ValidForSeconds,
    Field::TriggerValue,
    Field::MinLiquidity,
    Field::MaxFeeBps,
    Field::RequireRenounced,
];
/// The fields of all conditions but a sniper's.
const OF_CONDITIONS: [Field; 4] = [
    Field::LimitPrice,
    Field::TriggerPrice,
    Field::TrailBps,
    Field::ActivationPrice,
];

/// A type that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Limit,
    Stop,
    TakeProfit,
    TrailingStop,
}

impl Kind {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "limit" => Self::Limit,
            "stop" => Self::Stop,
            "take_profit" => Self::TakeProfit,
            "trailing_stop" => Self::TrailingStop,
            _ => return None,
        })
    }

    const fn of(order_type: OrderType) -> Option<Self> {
        Some(match order_type {
            OrderType::Market | OrderType::Sniper(_) => return None,
            OrderType::Limit { .. } => Self::Limit,
            OrderType::Stop { .. } => Self::Stop,
            OrderType::TakeProfit { .. } => Self::TakeProfit,
            OrderType::TrailingStop { .. } => Self::TrailingStop,
        })
    }

    /// The field that it cannot do without.
    const fn needed(self) -> Field {
        match self {
            Self::Limit => Field::LimitPrice,
            Self::Stop | Self::TakeProfit => Field::TriggerPrice,
            Self::TrailingStop => Field::TrailBps,
        }
    }

    fn owns(self, field: Field) -> bool {
        let is_extra = self == Self::TrailingStop && field == Field::ActivationPrice;
        field == self.needed() || is_extra
    }
}

impl Reader<'_, '_> {
    /// The type of this name, with its condition; `None` where there is no such type, or a field of it is wrong.
    pub(super) fn typed(&mut self, name: &str) -> Option<Option<OrderType>> {
        if name == SNIPER {
            self.refuse_foreign(None, name);
            return Some(self.sniper());
        }
        let kind = Kind::parse(name);
        if kind.is_none() && name != OrderType::Market.name() {
            return None;
        }
        self.refuse_foreign(kind, name);
        self.refuse_of_snipers(name);
        let Some(kind) = kind else {
            if self.fields.get(Field::OcoGroup).is_some() {
                let message = "belongs to orders that wait, not to a market order";
                self.fault(Field::OcoGroup, message);
            }
            return Some(Some(OrderType::Market));
        };
        if self.fields.get(kind.needed()).is_none() {
            self.fault(
                kind.needed(),
                format!("is missing: a {name} order needs it"),
            );
        }
        Some(self.condition(kind))
    }

    fn refuse_foreign(&mut self, kind: Option<Kind>, name: &str) {
        for field in OF_CONDITIONS {
            let is_own = kind.is_some_and(|kind| kind.owns(field));
            if !is_own && self.fields.get(field).is_some() {
                self.fault(field, format!("does not belong to a {name} order"));
            }
        }
    }

    /// What the fields say of a condition, where nothing of it is missing.
    fn condition(&mut self, kind: Kind) -> Option<OrderType> {
        if kind == Kind::TrailingStop {
            let trail = self.trail();
            let activation = self.price(Field::ActivationPrice);
            return trail.map(|trail| OrderType::TrailingStop { trail, activation });
        }
        let price = self.price(kind.needed())?;
        Some(match kind {
            Kind::Limit => OrderType::Limit { price },
            Kind::Stop => OrderType::Stop { price },
            _ => OrderType::TakeProfit { price },
        })
    }

    /// How far a price must fall; `None` if it is absent or wrong.
    fn trail(&mut self) -> Option<Trail> {
        let number = number_of(self.fields.get(Field::TrailBps)?);
        let parsed = number.and_then(|number| number.parse().ok());
        let trail = parsed.ok_or(InvalidTrail).and_then(Trail::new);
        if let Err(error) = &trail {
            self.fault(Field::TrailBps, error.to_string());
        }
        trail.ok()
    }

    /// A price; `None` if it is absent or wrong.
    pub(super) fn price(&mut self, field: Field) -> Option<Price> {
        let value = self.fields.get(field)?;
        let parsed = match (number_of(value), text_of(value)) {
            (Some(number), _) => Price::parse_json_number(number),
            (None, Some(text)) => Price::parse(&text),
            (None, None) => {
                self.fault(field, "must be a decimal string or a number");
                return None;
            }
        };
        if let Err(error) = &parsed {
            self.fault(field, error.to_string());
        }
        parsed.ok()
    }

    /// The slippage of an order that names none.
    pub(super) const fn usual_slippage(order_type: OrderType) -> Bps {
        match order_type {
            OrderType::Market | OrderType::TakeProfit { .. } | OrderType::Sniper(_) => Bps::DEFAULT,
            OrderType::Limit { .. } => Bps::ANY,
            OrderType::Stop { .. } | OrderType::TrailingStop { .. } => Bps::DEFAULT_OF_STOPS,
        }
    }

    pub(super) fn oco_group(&mut self) -> Option<OcoGroup> {
        let text = self.text(Field::OcoGroup)?;
        let group = OcoGroup::parse(&text);
        if group.is_err() {
            let message = "must be 1 to 64 printable ASCII characters";
            self.fault(Field::OcoGroup, message);
        }
        group.ok()
    }

    /// Refuses a price that says nothing about this amount.
    pub(super) fn weigh(
        &mut self,
        order_type: OrderType,
        sold: Asset,
        amount: BaseUnits,
        bought: Asset,
    ) {
        let Some((_, price)) = order_type.condition() else {
            return;
        };
        let field = match order_type {
            OrderType::Limit { .. } => Field::LimitPrice,
            OrderType::Sniper(_) => Field::TriggerValue,
            _ => Field::TriggerPrice,
        };
        if price.most_out(sold, amount, bought) == Some(BaseUnits::new(0)) {
            let message =
                "is so low that the amount brings less than the smallest unit of tokenOut";
            self.fault(field, message);
        }
        if price.least_out(sold, amount, bought).is_none() {
            self.fault(field, "is so high that no amount of tokenOut is as large");
        }
    }
}

/// The terms as this body changes them, or a list of its errors.
pub(in crate::intake) fn changed(fields: &Fields<'_>, terms: &Terms) -> Result<Terms> {
    let mut reader = Reader::of(fields);
    let is_changeable = |field: &Field| CHANGEABLE.contains(field) || OF_CONDITIONS.contains(field);
    for field in Field::ALL {
        if fields.get(*field).is_some() && !is_changeable(field) {
            reader.fault(*field, "cannot be changed");
        }
    }
    let kind = Kind::of(terms.order_type);
    let own = kind.map_or(Field::MinAmountOut, Kind::needed);
    if !Field::ALL
        .iter()
        .any(|field| is_changeable(field) && fields.get(*field).is_some())
    {
        reader.fault(own, "or another field must be there");
    }
    let name = terms.order_type.name();
    reader.refuse_foreign(kind, name);
    if terms.order_type.sniper().is_none() {
        reader.refuse_of_snipers(name);
    }
    let order_type = match terms.order_type {
        OrderType::TrailingStop { trail, activation } => OrderType::TrailingStop {
            trail: reader.trail().unwrap_or(trail),
            activation: reader.price(Field::ActivationPrice).or(activation),
        },
        OrderType::Sniper(sniper) => {
            OrderType::Sniper(reader.changed_sniper(sniper, terms.asset_in))
        }
        before => {
            let changed = kind.and_then(|kind| reader.condition(kind));
            changed.unwrap_or(before)
        }
    };
    let (sold, bought) = (terms.asset_in, terms.asset_out);
    reader.weigh(order_type, sold, terms.amount_in, bought);
    let min_amount_out = reader.min_amount_out(Some(bought));
    let valid_for_seconds = reader.valid_for_seconds();
    of_fields(
        reader.refusal(),
        Some(Terms {
            order_type,
            min_amount_out: min_amount_out.or(terms.min_amount_out),
            valid_for_seconds: valid_for_seconds.or(terms.valid_for_seconds),
            ..terms.clone()
        }),
    )
}
