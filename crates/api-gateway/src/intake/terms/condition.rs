//! The fields of orders that wait for a condition, and what may be changed of such an order.

use domain::order::{OrderType, Terms};
use domain::{Asset, BaseUnits, Bps, OcoGroup, Price};

use super::sniper::SNIPER;
use super::{Reader, of_fields};
use crate::error::Result;
use crate::intake::body::{Field, Fields};
use crate::json_object::{number_of, text_of};

/// The fields that may be changed while an order waits.
const CHANGEABLE: [Field; 8] = [
    Field::LimitPrice,
    Field::TriggerPrice,
    Field::TriggerValue,
    Field::MinLiquidity,
    Field::MaxFeeBps,
    Field::RequireRenounced,
    Field::MinAmountOut,
    Field::ValidForSeconds,
];

/// What makes a type of its price.
type OfPrice = fn(Price) -> OrderType;

/// The type that a name means, with the field of its price.
fn kind(name: &str) -> Option<(Option<Field>, OfPrice)> {
    Some(match name {
        "market" => (None, |_| OrderType::Market),
        "limit" => (Some(Field::LimitPrice), |price| OrderType::Limit { price }),
        "stop" => (Some(Field::TriggerPrice), |price| OrderType::Stop { price }),
        "take_profit" => (Some(Field::TriggerPrice), |price| OrderType::TakeProfit {
            price,
        }),
        _ => return None,
    })
}

impl Reader<'_, '_> {
    /// The type of this name, with its price; `None` where there is no such type, or a field of it is wrong.
    pub(super) fn typed(&mut self, name: &str) -> Option<Option<OrderType>> {
        if name == SNIPER {
            self.refuse_foreign(name, &[]);
            return Some(self.sniper());
        }
        let (wanted, of_price) = kind(name)?;
        self.refuse_foreign(name, wanted.as_slice());
        self.refuse_of_snipers(name);
        let Some(field) = wanted else {
            if self.fields.get(Field::OcoGroup).is_some() {
                let message = "belongs to orders that wait, not to a market order";
                self.fault(Field::OcoGroup, message);
            }
            return Some(Some(OrderType::Market));
        };
        if self.fields.get(field).is_none() {
            self.fault(field, format!("is missing: a {name} order needs it"));
        }
        Some(self.price(field).map(of_price))
    }

    /// Refuses prices that are other types'.
    fn refuse_foreign(&mut self, name: &str, wanted: &[Field]) {
        for field in [Field::LimitPrice, Field::TriggerPrice] {
            if !wanted.contains(&field) && self.fields.get(field).is_some() {
                self.fault(field, format!("does not belong to a {name} order"));
            }
        }
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
            OrderType::Stop { .. } => Bps::DEFAULT_OF_STOPS,
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
    for field in Field::ALL {
        if fields.get(*field).is_some() && !CHANGEABLE.contains(field) {
            reader.fault(*field, "cannot be changed");
        }
    }
    if !CHANGEABLE.iter().any(|field| fields.get(*field).is_some()) {
        reader.fault(Field::LimitPrice, "or another field must be there");
    }
    let order_type = match terms.order_type {
        OrderType::Sniper(sniper) => {
            reader.refuse_foreign(SNIPER, &[]);
            OrderType::Sniper(reader.changed_sniper(sniper, terms.asset_in))
        }
        kind => {
            let own = match kind {
                OrderType::Limit { .. } => Field::LimitPrice,
                _ => Field::TriggerPrice,
            };
            reader.refuse_foreign(kind.name(), &[own]);
            reader.refuse_of_snipers(kind.name());
            reader.price(own).map_or(kind, |price| kind.at(price))
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
