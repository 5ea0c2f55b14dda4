//! What an order says of amounts: how much it sells, or how much it buys to the unit, and their bounds.

use domain::amount::InvalidAmount;
use domain::order::OrderType;
use domain::{Asset, BaseUnits};
use serde_json::value::RawValue;

use super::Reader;
use crate::intake::body::Field;
use crate::json_object::{number_of, text_of};

impl Reader<'_, '_> {
    pub(super) fn amount_in(&mut self, asset_in: Option<Asset>) -> Option<BaseUnits> {
        let Some((field, value)) = self.one_of(&[Field::Amount, Field::AmountIn]) else {
            self.fault(Field::Amount, "is missing");
            return None;
        };
        let amount = self.amount(field, value, asset_in)?;
        self.right(field, amount)
    }

    /// What is bought to the unit, where the order names it, as far as it is right.
    pub(super) fn amount_out(
        &mut self,
        (order_type, asset_out): (Option<OrderType>, Option<Asset>),
    ) -> Option<Option<BaseUnits>> {
        let Some(value) = self.fields.get(Field::AmountOut) else {
            if self.fields.get(Field::MaxAmountIn).is_some() {
                self.fault(Field::MaxAmountIn, "needs amountOut beside it");
            }
            return None;
        };
        for field in [Field::Amount, Field::AmountIn, Field::MinAmountOut] {
            if self.fields.get(field).is_some() {
                self.fault(field, "must not stand beside amountOut");
            }
        }
        if order_type.is_some_and(|it| it != OrderType::Market) {
            self.fault(Field::AmountOut, "belongs to market orders alone");
        }
        let amount = self.amount(Field::AmountOut, value, asset_out);
        Some(amount.and_then(|it| self.right(Field::AmountOut, it)))
    }

    /// The most that a purchase may cost; nothing where its slippage says that.
    pub(super) fn max_amount_in(&mut self, asset_in: Option<Asset>) -> Option<BaseUnits> {
        let field = Field::MaxAmountIn;
        let Some(value) = self.fields.get(field) else {
            return Some(BaseUnits::new(0));
        };
        let amount = self.amount(field, value, asset_in)?;
        self.right(field, amount)
    }

    fn right(
        &mut self,
        field: Field,
        amount: std::result::Result<BaseUnits, InvalidAmount>,
    ) -> Option<BaseUnits> {
        amount
            .map_err(|error| self.fault(field, error.to_string()))
            .ok()
    }

    pub(super) fn min_amount_out(&mut self, asset_out: Option<Asset>) -> Option<BaseUnits> {
        let field = Field::MinAmountOut;
        let value = self.fields.get(field)?;
        match self.amount(field, value, asset_out)? {
            Ok(amount) => Some(amount),
            // A minimum of zero is allowed.
            Err(InvalidAmount::Zero) => Some(BaseUnits::new(0)),
            Err(error) => {
                self.fault(field, error.to_string());
                None
            }
        }
    }

    /// An amount as it is written; `None` where it is neither a string nor a number, or its asset is
    /// not known.
    pub(super) fn amount(
        &mut self,
        field: Field,
        value: &RawValue,
        asset: Option<Asset>,
    ) -> Option<std::result::Result<BaseUnits, InvalidAmount>> {
        let parse = |decimals| match (number_of(value), text_of(value)) {
            (Some(number), _) => Some(BaseUnits::parse_json_number(number, decimals)),
            (None, Some(text)) => Some(BaseUnits::parse(&text, decimals)),
            (None, None) => None,
        };
        // Where the asset is at fault, the amount is still looked at as far as it goes without.
        let parsed = parse(asset.map_or(9, |asset| asset.decimals));
        match parsed {
            None => {
                self.fault(field, "must be a decimal string or a number");
                None
            }
            Some(Err(InvalidAmount::TooFine { .. } | InvalidAmount::TooLarge))
                if asset.is_none() =>
            {
                None
            }
            Some(parsed) => Some(parsed),
        }
    }
}
