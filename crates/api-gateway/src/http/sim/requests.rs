//! The rules of what operators may ask of a simulated cluster.

use api_types::sim::SimFaults;
use domain::venue::Program;
use domain::{Address, Asset, BaseUnits, TokenList, Venue};
use ports::Simulation;
use ports::simulation::{Extras, Faults, Launch, Part, StartingFee, Trade};

use crate::deadline;
use crate::error::Result;
use crate::http::fields::{Fields, Named};

/// Longest `openInMs`: a day.
const OPEN_IN_MS_MAX: u64 = 86_400_000;
/// Most decimals of a token: more leave no room for amounts in 64 bits.
const DECIMALS_MAX: u64 = 9;
/// What most tokens have.
const DECIMALS: u64 = 6;
/// The most that a token's maker keeps, and what he keeps where nothing is said.
const HELD_PERCENT_MAX: u64 = 99;
const HELD_PERCENT: u64 = 20;
/// What a `damm_v2` pool charges, the most that it may charge at first, and how long that falls.
const FEE_BPS: u64 = 30;
const FEE_BPS_MAX: u64 = 9_900;
const FEE_FALLS_IN_MS: u64 = 60_000;
/// Longest symbol.
const SYMBOL_LENGTH_MAX: usize = 12;
/// Most slots that reads may lag: far more than a transaction lives.
const LAG_MAX: u64 = 1_000;
/// Longest time for which a transaction may be kept back: ten minutes.
const NULL_MS_MAX: u64 = 600_000;

/// A trade, with what is needed to speak of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct WishedTrade {
    pub(super) pool: Address,
    pub(super) asset_in: Asset,
    pub(super) amount_in: BaseUnits,
}

impl WishedTrade {
    pub(super) fn to_port(self) -> Trade {
        Trade {
            pool: self.pool,
            mint_in: self.asset_in.mint,
            amount_in: self.amount_in,
        }
    }
}

/// Reads `{"pool", "tokenIn", "amount"}`. The token list knows nothing of tokens that were born here: the cluster says
/// what their mints are.
pub(super) async fn trade(
    body: &[u8],
    tokens: &TokenList,
    simulation: &dyn Simulation,
) -> Result<WishedTrade> {
    let mut fields = Fields::read(body, &["pool", "tokenIn", "amount"])?;
    let pool = fields.parsed(
        "pool",
        |text| text.parse().ok(),
        "must be a pool's address; GET /api/pools lists them",
    );
    let asset_in = match fields.token("tokenIn", tokens) {
        Some(Named::Listed(asset)) => Some(asset),
        Some(Named::Unlisted(mint)) => {
            let asset = deadline::chain(simulation.asset(mint)).await?;
            if asset.is_none() {
                fields.unknown_token("tokenIn");
            }
            asset
        }
        None => None,
    };
    let amount_in = asset_in.and_then(|asset| fields.amount("amount", asset.decimals));
    let read = || {
        Some(WishedTrade {
            pool: pool?,
            asset_in: asset_in?,
            amount_in: amount_in?,
        })
    };
    fields.finish(read())
}

/// Reads a launch, and what people call the token.
pub(super) fn launch(body: &[u8]) -> Result<(Launch, Option<String>)> {
    let known = [
        "symbol",
        "decimals",
        "dex",
        "pool",
        "liquiditySol",
        "openInMs",
        "freezeAuthority",
        "mintOnly",
        "mint",
        "mintAuthority",
        "heldPercent",
        "startingFeeBps",
        "feeFallsInMs",
    ];
    let mut fields = Fields::read(body, &known)?;
    let symbol = symbol(&mut fields);
    let decimals = fields.whole("decimals", 0..=DECIMALS_MAX, DECIMALS);
    let venue = fields.parsed("dex", Venue::parse, "must be raydium or meteora");
    let program = fields.parsed(
        "pool",
        Program::parse,
        "must be cpmm, amm_v4, damm_v2 or dlmm",
    );
    if let (Some(venue), Some(program)) = (venue, program)
        && program.venue() != venue
    {
        fields.fault("pool", format!("is no program of {venue}"));
    }
    let part = part(&mut fields);
    let liquidity = match part {
        Part::Mint => Some(BaseUnits::new(0)),
        Part::Whole | Part::PoolOf(_) => fields.amount("liquiditySol", Asset::SOL.decimals),
    };
    let open_in_ms = fields.whole("openInMs", 0..=OPEN_IN_MS_MAX, 0);
    let freeze_authority = fields.flag("freezeAuthority");
    let extras = Extras {
        part,
        ..extras(&mut fields, program)
    };
    let read = || {
        Some(Launch {
            decimals: u8::try_from(decimals).ok()?,
            program: program?,
            liquidity_lamports: liquidity?.get(),
            open_in_ms,
            freeze_authority,
            extras,
        })
    };
    Ok((fields.finish(read())?, symbol))
}

/// What of the launch happens now. What the other call says is refused.
fn part(fields: &mut Fields<'_>) -> Part {
    let (foreign, part): (&[&str], Part) = match (fields.flag("mintOnly"), fields.has("mint")) {
        (true, _) => (
            &[
                "mint",
                "liquiditySol",
                "openInMs",
                "heldPercent",
                "startingFeeBps",
            ],
            Part::Mint,
        ),
        (false, true) => {
            let message = "must be the mint of a token that was born alone";
            let mint = fields.parsed("mint", |text| text.parse().ok(), message);
            (
                &["decimals", "freezeAuthority", "mintAuthority"],
                mint.map_or(Part::Whole, Part::PoolOf),
            )
        }
        (false, false) => (&[], Part::Whole),
    };
    for field in foreign {
        if fields.has(field) {
            fields.fault(field, "does not belong to this part of a launch");
        }
    }
    part
}

/// What may harm those who buy the token.
fn extras(fields: &mut Fields<'_>, program: Option<Program>) -> Extras {
    let mint_authority = fields.flag("mintAuthority");
    let held_percent = fields.whole("heldPercent", 0..=HELD_PERCENT_MAX, HELD_PERCENT);
    // What the pool charges anyway, where nothing else is said.
    let bps = fields.whole("startingFeeBps", FEE_BPS..=FEE_BPS_MAX, FEE_BPS);
    let falls_for_ms = fields.whole("feeFallsInMs", 1..=OPEN_IN_MS_MAX, FEE_FALLS_IN_MS);
    let has_fee = bps > FEE_BPS;
    if has_fee && program.is_some_and(|program| program != Program::DammV2) {
        fields.fault("startingFeeBps", "belongs to a damm_v2 pool");
    }
    let bps = u16::try_from(bps).unwrap_or(u16::MAX);
    Extras {
        part: Part::Whole,
        mint_authority,
        held_percent: u8::try_from(held_percent)
            .ok()
            .filter(|percent| u64::from(*percent) != HELD_PERCENT),
        starting_fee: has_fee.then_some(StartingFee { bps, falls_for_ms }),
    }
}

fn symbol(fields: &mut Fields<'_>) -> Option<String> {
    let symbol = fields.optional_text("symbol")?;
    let is_plain = symbol.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if symbol.is_empty() || symbol.len() > SYMBOL_LENGTH_MAX || !is_plain {
        fields.fault(
            "symbol",
            format!("must be 1 to {SYMBOL_LENGTH_MAX} letters and digits"),
        );
    }
    Some(symbol.into_owned())
}

/// Reads what shall go wrong; what is not named does not.
pub(super) fn faults(body: &[u8]) -> Result<SimFaults> {
    let known = [
        "sendDropped",
        "landLate",
        "landBeforeExpiry",
        "replyLost",
        "tooManyRequests",
        "unavailable",
        "nodeBehind",
        "timeOut",
        "readLagSlots",
        "heightIsSlot",
        "transactionNullMs",
        "blockVanishes",
        "confirmedBlockVanishes",
        "socketDrops",
        "outage",
    ];
    let mut fields = Fields::read(body, &known)?;
    let faults = SimFaults {
        send_dropped: fields.chance("sendDropped"),
        land_late: fields.chance("landLate"),
        land_before_expiry: fields.chance("landBeforeExpiry"),
        reply_lost: fields.chance("replyLost"),
        too_many_requests: fields.chance("tooManyRequests"),
        unavailable: fields.chance("unavailable"),
        node_behind: fields.chance("nodeBehind"),
        time_out: fields.chance("timeOut"),
        read_lag_slots: fields.whole("readLagSlots", 0..=LAG_MAX, 0),
        height_is_slot: fields.flag("heightIsSlot"),
        transaction_null_ms: fields.whole("transactionNullMs", 0..=NULL_MS_MAX, 0),
        block_vanishes: fields.chance("blockVanishes"),
        confirmed_block_vanishes: fields.chance("confirmedBlockVanishes"),
        socket_drops: fields.chance("socketDrops"),
        outage: fields.flag("outage"),
    };
    fields.finish(Some(faults))
}

/// The same as the port knows them.
pub(super) fn to_port(faults: &SimFaults) -> Faults {
    Faults {
        send_dropped: faults.send_dropped,
        land_late: faults.land_late,
        land_before_expiry: faults.land_before_expiry,
        reply_lost: faults.reply_lost,
        too_many_requests: faults.too_many_requests,
        unavailable: faults.unavailable,
        node_behind: faults.node_behind,
        time_out: faults.time_out,
        read_lag_slots: faults.read_lag_slots,
        height_is_slot: faults.height_is_slot,
        transaction_null_ms: faults.transaction_null_ms,
        block_vanishes: faults.block_vanishes,
        confirmed_block_vanishes: faults.confirmed_block_vanishes,
        socket_drops: faults.socket_drops,
        outage: faults.outage,
    }
}

/// What goes wrong, in one line: `none`, or those that are not off.
pub(super) fn said(faults: &SimFaults) -> String {
    let all = serde_json::to_value(faults).unwrap_or_default();
    let all = all.as_object().into_iter().flatten();
    let on: Vec<String> = all
        .filter(|(_, value)| value.as_f64() != Some(0.0) && **value != false)
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    match on.is_empty() {
        true => "none".to_owned(),
        false => on.join(", "),
    }
}
