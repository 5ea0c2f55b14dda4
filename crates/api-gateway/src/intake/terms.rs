//! The rules of an order: from fields to terms, or to a list of errors.

mod amounts;
mod condition;
mod sniper;

use api_types::problem::FieldError;
use domain::amount::InvalidAmount;
use domain::fee::{FeeRank, InvalidFeeLevel, UnitPrice};
use domain::order::{OrderType, Terms};
use domain::venue::VenueSet;
use domain::{Asset, BaseUnits, Bps, ClientOrderId, FeeLevel, MaxImpact, Mint, Venue};
use serde_json::value::RawValue;

use super::body::{Field, Fields};
use crate::assets::{self, Meaning, Names, SAME_TOKEN};
use crate::error::{ApiError, Code, Result};
use crate::json_object::{number_of, text_of};
use crate::wallets::Asked;

pub(super) use condition::changed;

/// Longest `validForSeconds`: 30 days.
const MAX_VALID_FOR_SECONDS: u64 = 2_592_000;

/// What fields mean.
#[derive(Debug)]
pub(super) struct Reading {
    /// The terms, without the wallet that pays.
    pub(super) terms: Result<Terms>,
    /// Mints that must be looked up where nothing else is at fault.
    pub(super) unlisted: Vec<Mint>,
    /// The wallet that the client asks for.
    pub(super) wallet: Option<Asked>,
}

/// Reads these fields.
pub(super) fn read(
    fields: &Fields<'_>,
    names: &Names<'_>,
    default_pair: Option<(Asset, Asset)>,
) -> Reading {
    let mut reader = Reader {
        names: Some(names),
        default_pair,
        ..Reader::of(fields)
    };
    let order_type = reader.order_type();
    let (asset_in, asset_out) = reader.assets();
    let order_type = reader.with_liquidity(order_type, asset_in);
    let amount_out = reader.amount_out((order_type, asset_out));
    let amount_in = match amount_out {
        Some(_) => reader.max_amount_in(asset_in),
        None => reader.amount_in(asset_in),
    };
    let usual = order_type.map_or(Bps::DEFAULT, Reader::usual_slippage);
    let slippage = reader.slippage(usual);
    if let (Some(kind), Some(sold), Some(amount), Some(bought)) =
        (order_type, asset_in, amount_in, asset_out)
    {
        reader.weigh(kind, sold, amount, bought);
    }
    let oco_group = reader.oco_group();
    let min_amount_out = reader.min_amount_out(asset_out);
    let client_order_id = reader.client_order_id();
    let valid_for_seconds = reader.valid_for_seconds();
    let fee_level = reader.fee_level();
    let max_impact = reader.max_impact();
    let venues = reader.venues();
    let wallet = reader.wallet();
    let unlisted = reader.take_unlisted();
    let refusal = reader.refusal();
    let terms = || {
        Some(Terms {
            order_type: order_type?,
            asset_in: asset_in?,
            asset_out: asset_out?,
            amount_in: amount_in?,
            amount_out: amount_out.flatten(),
            slippage,
            min_amount_out,
            venues: venues?,
            client_order_id,
            valid_for_seconds,
            fee_level,
            max_impact,
            wallet: None,
            oco_group,
        })
    };
    let terms = of_fields(refusal, terms());
    Reading {
        terms,
        unlisted,
        wallet,
    }
}

/// What is read, unless something is wrong with it.
fn of_fields(refusal: Option<ApiError>, terms: Option<Terms>) -> Result<Terms> {
    match (refusal, terms) {
        (None, Some(terms)) => Ok(terms),
        (Some(refusal), _) => Err(refusal),
        (None, None) => Err(ApiError::new(Code::InvalidOrder, "the order breaks a rule")),
    }
}

struct Reader<'a, 'n> {
    fields: &'a Fields<'a>,
    /// Absent where no token is read.
    names: Option<&'n Names<'n>>,
    default_pair: Option<(Asset, Asset)>,
    faults: Vec<FieldError>,
    has_no_venue: bool,
    /// What is wrong with each field that names no asset.
    token_faults: Vec<Code>,
    /// Mints that were not looked up yet.
    unlisted: Vec<(Field, Mint)>,
}

impl<'a> Reader<'a, '_> {
    fn of(fields: &'a Fields<'a>) -> Self {
        Self {
            fields,
            names: None,
            default_pair: None,
            faults: fields.faults.clone(),
            has_no_venue: false,
            token_faults: Vec::new(),
            unlisted: Vec::new(),
        }
    }

    fn fault(&mut self, field: Field, message: impl Into<String>) {
        let field = field.name().to_owned();
        let message = message.into();
        self.faults.push(FieldError { field, message });
    }

    fn refusal(&mut self) -> Option<ApiError> {
        if self.faults.is_empty() {
            return None;
        }
        let code =
            if self.has_no_venue && self.faults.iter().all(|fault| is_of_venues(&fault.field)) {
                Code::NoVenue
            } else {
                self.code_of_tokens().unwrap_or(Code::InvalidOrder)
            };
        Some(ApiError::of_faults(code, std::mem::take(&mut self.faults)))
    }

    /// The refusal's code where nothing but tokens is at fault.
    fn code_of_tokens(&self) -> Option<Code> {
        let is_all = self.faults.len() == self.token_faults.len();
        assets::code_of(&self.token_faults).filter(|_| is_all)
    }

    /// Nobody is asked about the mints of an order that is wrong anyway; of any other they are unknown until then.
    fn take_unlisted(&mut self) -> Vec<Mint> {
        if !self.faults.is_empty() {
            return Vec::new();
        }
        let unlisted = std::mem::take(&mut self.unlisted);
        for (field, mint) in &unlisted {
            if let Err((code, message)) = Meaning::Unlisted(*mint).asset() {
                self.token_fault(*field, code, message);
            }
        }
        unlisted.into_iter().map(|(_, mint)| mint).collect()
    }

    /// The text of a field that must be a string; `None` if it is absent or wrong.
    fn text(&mut self, field: Field) -> Option<std::borrow::Cow<'a, str>> {
        let text = text_of(self.fields.get(field)?);
        if text.is_none() {
            self.fault(field, "must be a string");
        }
        text
    }

    /// Of several names for the same field, the one that is used; using two is an error.
    fn one_of(&mut self, names: &[Field]) -> Option<(Field, &'a RawValue)> {
        let fields = self.fields;
        let mut used = names
            .iter()
            .filter_map(|name| Some((*name, fields.get(*name)?)));
        let first = used.next();
        let rest: Vec<Field> = used.map(|(name, _)| name).collect();
        if let (Some((first, _)), false) = (first, rest.is_empty()) {
            for name in rest {
                self.fault(name, format!("must not stand beside {}", first.name()));
            }
        }
        first
    }

    fn order_type(&mut self) -> Option<OrderType> {
        let Some((field, _)) = self.one_of(&[Field::OrderType, Field::Type]) else {
            return self.typed(OrderType::Market.name()).flatten();
        };
        let name = self.text(field)?;
        if let Some(order_type) = self.typed(&name) {
            return order_type;
        }
        let names = OrderType::NAMES.join(", ");
        self.fault(field, format!("must be one of {names}"));
        None
    }

    fn assets(&mut self) -> (Option<Asset>, Option<Asset>) {
        let names = [Field::TokenIn, Field::TokenOut];
        let is_named = names.map(|field| self.fields.get(field).is_some());
        if is_named != [true, true] {
            match assets::unnamed(is_named, self.default_pair) {
                Ok((asset_in, asset_out)) => return (Some(asset_in), Some(asset_out)),
                Err((code, message)) => {
                    let missing = names.into_iter().zip(is_named);
                    for (field, _) in missing.filter(|(_, is_named)| !is_named) {
                        self.token_fault(field, code, message);
                    }
                }
            }
        }
        let (asset_in, asset_out) = (self.asset(Field::TokenIn), self.asset(Field::TokenOut));
        let is_one_mint = matches!(self.unlisted[..], [(_, one), (_, other)] if one == other);
        if is_one_mint || (asset_in.is_some() && asset_in == asset_out) {
            self.fault(Field::TokenOut, SAME_TOKEN);
        }
        (asset_in, asset_out)
    }

    fn asset(&mut self, field: Field) -> Option<Asset> {
        let text = self.text(field)?;
        let meaning = self.names?.meaning(&text);
        if let Meaning::Unlisted(mint) = meaning {
            self.unlisted.push((field, mint));
            return None;
        }
        match meaning.asset() {
            Ok(asset) => Some(asset),
            Err((code, message)) => {
                self.token_fault(field, code, message);
                None
            }
        }
    }

    fn token_fault(&mut self, field: Field, code: Code, message: impl Into<String>) {
        self.token_faults.push(code);
        self.fault(field, message);
    }

    fn slippage(&mut self, usual: Bps) -> Bps {
        let names = [
            Field::SlippageBps,
            Field::Slippage,
            Field::SlippageTolerance,
        ];
        let Some((field, value)) = self.one_of(&names) else {
            return usual;
        };
        // Basis points per unit of the field, as a power of ten.
        let places = match field {
            Field::SlippageTolerance => 2,
            Field::Slippage => 4,
            _ => 0,
        };
        let Some(number) = number_of(value) else {
            self.fault(field, "must be a number");
            return usual;
        };
        Bps::parse_json_number(number, places).unwrap_or_else(|error| {
            let message = match field {
                Field::SlippageBps => "must be a whole number from 0 to 5000".to_owned(),
                _ => error.to_string(),
            };
            self.fault(field, message);
            usual
        })
    }

    fn client_order_id(&mut self) -> Option<ClientOrderId> {
        let text = self.text(Field::ClientOrderId)?;
        let id = ClientOrderId::parse(&text);
        if id.is_err() {
            self.fault(
                Field::ClientOrderId,
                "must be 1 to 64 printable ASCII characters",
            );
        }
        id.ok()
    }

    fn valid_for_seconds(&mut self) -> Option<u32> {
        let value = self.fields.get(Field::ValidForSeconds)?;
        let number = number_of(value).and_then(|text| BaseUnits::parse_json_number(text, 0).ok());
        let seconds = number
            .map(BaseUnits::get)
            .filter(|seconds| *seconds <= MAX_VALID_FOR_SECONDS)
            .and_then(|seconds| u32::try_from(seconds).ok());
        if seconds.is_none() {
            let message = format!("must be a whole number from 1 to {MAX_VALID_FOR_SECONDS}");
            self.fault(Field::ValidForSeconds, message);
        }
        seconds
    }

    fn fee_level(&mut self) -> Option<FeeLevel> {
        let value = self.fields.get(Field::FeeLevel)?;
        let level = match (number_of(value), text_of(value)) {
            (Some(number), _) => price(number).map(FeeLevel::Priced),
            (None, Some(text)) => FeeRank::parse(&text).map(FeeLevel::Ranked),
            (None, None) => None,
        };
        if level.is_none() {
            let message = format!("must be {}", InvalidFeeLevel);
            self.fault(Field::FeeLevel, message);
        }
        level
    }

    fn max_impact(&mut self) -> Option<MaxImpact> {
        let value = self.fields.get(Field::MaxPriceImpactBps)?;
        let number = number_of(value).and_then(|text| BaseUnits::parse_json_number(text, 0).ok());
        let bps = number.and_then(|number| u16::try_from(number.get()).ok());
        let limit = bps.and_then(MaxImpact::new);
        if limit.is_none() {
            let message = "must be a whole number from 1 to 10000";
            self.fault(Field::MaxPriceImpactBps, message);
        }
        limit
    }

    fn wallet(&mut self) -> Option<Asked> {
        let asked = Asked::parse(&self.text(Field::Wallet)?);
        if asked.is_none() {
            self.fault(Field::Wallet, "must be a wallet's name or address");
        }
        asked
    }

    fn venues(&mut self) -> Option<VenueSet> {
        let allowed = match self.fields.get(Field::Venues) {
            Some(value) => self.venue_list(Field::Venues, value)?,
            None => Venue::ALL.to_vec(),
        };
        let excluded = match self.fields.get(Field::ExcludeVenues) {
            Some(value) => self.venue_list(Field::ExcludeVenues, value)?,
            None => Vec::new(),
        };
        let venues = VenueSet::of(&allowed, &excluded);
        if venues.is_none() {
            self.has_no_venue = true;
            let field = match self.fields.get(Field::Venues) {
                Some(_) => Field::Venues,
                None => Field::ExcludeVenues,
            };
            self.fault(field, "leaves no venue");
        }
        venues
    }

    fn venue_list(&mut self, field: Field, value: &RawValue) -> Option<Vec<Venue>> {
        let names = serde_json::from_str::<Vec<&RawValue>>(value.get()).ok();
        let names: Option<Vec<_>> =
            names.and_then(|names| names.into_iter().map(text_of).collect());
        let Some(names) = names else {
            self.fault(field, "must be a list of venues' names");
            return None;
        };
        let venues: Option<Vec<Venue>> = names.iter().map(|name| Venue::parse(name)).collect();
        if venues.is_none() {
            self.has_no_venue = true;
            self.fault(field, "may name raydium and meteora only");
        }
        venues
    }
}

/// A price as a JSON number; none at all is one too.
fn price(number: &str) -> Option<UnitPrice> {
    match BaseUnits::parse_json_number(number, 0) {
        Ok(price) => UnitPrice::new(price.get()),
        Err(InvalidAmount::Zero) => UnitPrice::new(0),
        Err(_) => None,
    }
}

fn is_of_venues(field: &str) -> bool {
    field == Field::Venues.name() || field == Field::ExcludeVenues.name()
}
