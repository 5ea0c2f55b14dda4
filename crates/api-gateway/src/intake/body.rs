//! The fields of an order in a submitted body: each at most once, with unparsed values.

use api_types::problem::FieldError;
use serde_json::value::RawValue;

use crate::error::{Code, Result};
use crate::json_object;

macro_rules! fields {
    ($($constant:ident $name:literal,)+) => {
        /// A field an order may have.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Field { $($constant,)+ }

        impl Field {
            /// Every field, sorted by name.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$constant,)+];

            /// The name in the body.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$constant => $name,)+ }
            }

            fn find(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$constant),)+ _ => None }
            }
        }
    };
}

fields! {
    ActivationPrice "activationPrice",
    Amount "amount",
    AmountIn "amountIn",
    AmountOut "amountOut",
    ClientOrderId "clientOrderId",
    ExcludeVenues "excludeVenues",
    FeeLevel "feeLevel",
    LimitPrice "limitPrice",
    MaxAmountIn "maxAmountIn",
    MaxFeeBps "maxFeeBps",
    MaxPriceImpactBps "maxPriceImpactBps",
    MinAmountOut "minAmountOut",
    MinLiquidity "minLiquidity",
    OcoGroup "ocoGroup",
    OrderType "orderType",
    RequireRenounced "requireRenounced",
    Slippage "slippage",
    SlippageBps "slippageBps",
    SlippageTolerance "slippageTolerance",
    TokenIn "tokenIn",
    TokenOut "tokenOut",
    TrailBps "trailBps",
    TriggerCondition "triggerCondition",
    TriggerPrice "triggerPrice",
    TriggerValue "triggerValue",
    Type "type",
    ValidForSeconds "validForSeconds",
    Venues "venues",
    Wallet "wallet",
}

const FIELDS: usize = Field::ALL.len();

/// The fields of a body.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    values: [Option<&'a RawValue>; FIELDS],
    /// Unknown and repeated fields.
    pub(crate) faults: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    /// Parses a body. Anything but JSON is refused with 400, anything but an object with 422.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self> {
        let mut fields = Self {
            values: [None; FIELDS],
            faults: Vec::new(),
        };
        json_object::read(body, Code::InvalidOrder, |name, value| {
            match Field::find(&name) {
                None => fields.note(&name, "is not a field of an order"),
                Some(field) if fields.get(field).is_some() => fields.note(&name, "is there twice"),
                Some(field) => fields.values[field as usize] = Some(value),
            }
        })?;
        Ok(fields)
    }

    /// The value of a field.
    pub(crate) fn get(&self, field: Field) -> Option<&'a RawValue> {
        self.values[field as usize]
    }

    /// The fields that are present, sorted by name.
    pub(super) fn present(&self) -> impl Iterator<Item = (&'static str, &'a RawValue)> {
        Field::ALL
            .iter()
            .filter_map(|field| Some((field.name(), self.get(*field)?)))
    }

    fn note(&mut self, name: &str, message: &str) {
        json_object::note(&mut self.faults, name, message);
    }
}
