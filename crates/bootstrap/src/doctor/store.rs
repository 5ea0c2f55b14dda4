//! What the engine's own store says: whether operators hold it back, and what a day leaves of its limits.

use config::Config;
use domain::spending::{Per, Purpose, SpendLimits, WalletUse, quarter_of};
use domain::{Address, Asset, BaseUnits, Timestamp};
use ports::safety::Peeked;
use serde_json::json;

use super::{Finding, Question};
use crate::backend;

/// Less pays for no transaction.
const FEE_MIN: u64 = 5_000;

/// Nothing where there is no store yet.
pub(super) async fn examine(
    config: &Config,
    payer: Option<Address>,
    question: Question,
    now: Timestamp,
) -> Vec<Finding> {
    let purposes = [Purpose::Token(question.asset_in.mint), Purpose::Fees];
    let peeked = match backend::peek(config, payer, &purposes).await {
        Ok(Some(peeked)) => peeked,
        Ok(None) => return Vec::new(),
        Err(error) => {
            let detail = format!("whether it is halted is not known: {error:#}");
            let advice = "set DATABASE_URL or DATA_DIR as the engine has it, and let it be reached";
            return vec![Finding::warning("engine", detail, advice)];
        }
    };
    let mut findings = vec![engine(&peeked)];
    if let (Ok(limits), [of_sold, of_fees]) = (config.spend_limits(), &peeked.uses[..]) {
        let tokens = config.chain.tokens();
        let print = |amount: BaseUnits, asset: Asset| {
            let name = tokens.name_of(asset.mint);
            format!("{} {name}", amount.to_decimal(asset.decimals))
        };
        findings.extend(day(&limits, question, (of_sold, of_fees), now, print));
    }
    findings
}

fn engine(peeked: &Peeked) -> Finding {
    let about = "engine";
    let advice = "order-engine queue resume, once the reason is gone";
    match &peeked.halt {
        Some(halt) => {
            let (by, since) = (&halt.actor, halt.since.to_string());
            let detail = format!("halted by {by} since {since}: {}", halt.reason);
            let facts = json!({ "halted": { "by": by, "since": since, "reason": halt.reason } });
            Finding::bad(about, detail, advice).with(facts)
        }
        None if peeked.is_paused => Finding::bad(about, "paused: no execution begins", advice),
        None => Finding::good(about, "neither halted nor paused"),
    }
}

/// What a day has used, where that leaves no room for the trade.
fn day(
    limits: &SpendLimits,
    question: Question,
    (of_sold, of_fees): (&WalletUse, &WalletUse),
    now: Timestamp,
    print: impl Fn(BaseUnits, Asset) -> String,
) -> Vec<Finding> {
    let sold = limits.of_token(question.asset_in, Per::Day);
    let fees = limits.of_fees(Per::Day);
    let both = [
        (sold, of_sold, question.amount_in, question.asset_in, "sold"),
        (
            fees,
            of_fees,
            BaseUnits::new(FEE_MIN),
            Asset::SOL,
            "paid in fees",
        ),
    ];
    let beyond = both.into_iter().filter_map(|(limit, counted, wanted, asset, what)| {
        let (limit, used) = (limit?, counted.used(quarter_of(now)));
        let is_beyond = used.saturating_add(wanted.get().into()) > limit.get().into();
        let used = BaseUnits::new(u64::try_from(used).unwrap_or(u64::MAX));
        let detail = format!(
            "of {} that may be {what} in a day {} are used, which leaves no room",
            print(limit, asset),
            print(used, asset)
        );
        let advice = "wait until older trades are a day old, or raise the limit in SPEND_LIMITS in every process";
        is_beyond.then(|| Finding::bad("limits of the day", detail, advice))
    });
    beyond.collect()
}

#[cfg(test)]
mod tests {
    use domain::TokenList;
    use ports::safety::Halt;

    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_halted_or_paused_engine_cannot_trade() {
        let halt = Halt {
            since: Timestamp::from_millis(0),
            actor: "admin".to_owned(),
            reason: "a drill".to_owned(),
        };
        let with = |is_paused, halt| Peeked {
            is_paused,
            halt,
            uses: Vec::new(),
        };

        let halted = engine(&with(true, Some(halt)));
        assert_eq!(halted.state, State::Bad);
        assert!(halted.detail.contains("halted by admin") && halted.detail.contains("a drill"));
        assert_eq!(engine(&with(true, None)).state, State::Bad);
        assert_eq!(engine(&with(false, None)).state, State::Good);
    }

    #[test]
    fn a_day_that_is_used_up_leaves_no_room() {
        let tokens = TokenList::mainnet();
        let limits = SpendLimits::parse("SOL:1/day,fees:0.1/day", &tokens).expect("limits");
        let now = Timestamp::from_millis(1_750_000_000_000);
        let question = Question {
            asset_in: Asset::SOL,
            asset_out: Asset::USDC,
            amount_in: BaseUnits::new(10_000_000),
        };
        let using = |lamports| {
            let mut counted = WalletUse::default();
            counted.count(quarter_of(now), lamports, 0);
            counted
        };
        let found = |sold, fees| {
            let counted = (&using(sold), &using(fees));
            day(&limits, question, counted, now, |amount, asset| {
                amount.to_decimal(asset.decimals)
            })
        };

        assert_eq!(found(990_000_000, 99_995_000), []);
        let sold = found(990_000_001, 0);
        let said = "of 1 that may be sold in a day 0.990000001 are used, which leaves no room";
        assert_eq!((sold[0].state, sold[0].detail.as_str()), (State::Bad, said));
        assert_eq!(found(0, 99_995_001).len(), 1);
    }
}
