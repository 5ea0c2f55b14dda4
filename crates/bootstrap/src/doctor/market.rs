//! What the wallet holds, which pools a pair has, and what the cluster says of the transaction of a swap.

use dex_router::request::QuoteRequest;
use dex_router::router::RouteRequest;
use domain::quote::Decision;
use domain::{Address, Asset, BaseUnits};
use ports::{Random, chain, transaction_builder};
use serde_json::json;

use super::{Finding, Question};
use crate::world::World;

/// Less does not pay the fees and the rent of a few swaps.
const LAMPORTS_MIN: u64 = 10_000_000;

/// What the wallet holds.
pub(super) async fn balances(world: &World, about: &str, address: Address) -> Finding {
    let held = match world.wallet(address).look().await {
        Ok(held) => held,
        Err(error) => {
            let advice = "the endpoint must answer getMultipleAccounts";
            return Finding::bad(about, said(&error), advice);
        }
    };
    let sol = BaseUnits::new(held.lamports).to_decimal(Asset::SOL.decimals);
    let tokens = held.tokens.iter().map(|holding| {
        let name = world.router.print(holding.amount, holding.asset);
        (holding.asset.mint.to_string(), name)
    });
    let tokens: Vec<(String, String)> = tokens.collect();
    let mut parts = vec![format!("{address} holds {sol} SOL")];
    parts.extend(tokens.iter().map(|(_, name)| name.clone()));
    let detail = parts.join(", ");
    let facts = json!({
        "address": address.to_string(),
        "lamports": held.lamports,
        "tokens": tokens.iter().map(|(mint, amount)| json!({"mint": mint, "amount": amount})).collect::<Vec<_>>(),
    });
    let finding = match held.lamports >= LAMPORTS_MIN {
        true => Finding::good(about, detail),
        false => {
            let advice = "send SOL to this address; every transaction pays a fee, and new accounts their rent";
            Finding::bad(about, detail, advice)
        }
    };
    finding.with(facts)
}

/// What to do where the wallet is short.
const FUND: &str = "the wallet must hold what is sold, and SOL for fee and rent";

/// The pair's pools, and a transaction of a swap that is only simulated.
pub(super) async fn examine(
    world: &World,
    payer: Option<Address>,
    question: Question,
) -> Vec<Finding> {
    let mut findings = vec![pools(world, question).await];
    let about = "transaction";
    let request = RouteRequest::of(QuoteRequest {
        asset_in: question.asset_in,
        asset_out: question.asset_out,
        amount_in: question.amount_in,
        amount_out: None,
    });
    let decision = match world.router.decide(&request).await {
        Ok(decision) => decision,
        Err(unrouted) => {
            let advice = "choose another pair or amount, or make a pool (docs/LIVE.md)";
            findings.push(Finding::bad(about, unrouted.why.to_string(), advice));
            return findings;
        }
    };
    let Some(payer) = payer else {
        let advice = "set WALLET, or WALLET_ADDRESS where there is no key";
        findings.push(Finding::bad(
            about,
            "there is no wallet to pay for it",
            advice,
        ));
        return findings;
    };
    findings.push(rehearsed(world, payer, question, &decision).await);
    findings
}

async fn pools(world: &World, question: Question) -> Finding {
    let about = "pools";
    let Question {
        asset_in,
        asset_out,
        ..
    } = question;
    match world.router.pools(asset_in, asset_out).await {
        Err(error) => {
            let advice = "the endpoint must answer getProgramAccounts; name another beside it";
            Finding::bad(about, error.to_string(), advice)
        }
        Ok(report) => {
            let reports = &report.pools;
            let usable = reports.iter().filter(|report| report.unusable.is_none());
            let usable = usable.count();
            let detail = format!(
                "{usable} of {} pools of the pair can be used",
                reports.len()
            );
            let each = reports.iter().map(|report| {
                json!({
                    "pool": report.pool.program.name(),
                    "poolAddress": report.pool.address.map(|address| address.to_string()),
                    "usable": report.unusable.is_none(),
                    "reason": report.unusable,
                })
            });
            let facts = json!({ "pools": each.collect::<Vec<_>>() });
            let finding = match usable {
                0 => {
                    let advice = "order-engine pools TOKEN TOKEN says why; devnet has few, make one (docs/LIVE.md)";
                    Finding::bad(about, detail, advice)
                }
                _ => Finding::good(about, detail),
            };
            finding.with(facts)
        }
    }
}

async fn rehearsed(
    world: &World,
    payer: Address,
    question: Question,
    decision: &Decision,
) -> Finding {
    let about = "transaction";
    let choice = &decision.choice;
    let order = Random::from_system().order_id(domain::Timestamp::from_millis(0));
    let rehearsed = match world.rehearse(payer, order, choice).await {
        Ok(rehearsed) => rehearsed,
        Err(error) => {
            let builds = error.downcast_ref::<transaction_builder::Error>();
            let advice = match builds {
                Some(transaction_builder::Error::InsufficientFunds { .. }) => FUND,
                _ => "the endpoint must answer simulateTransaction",
            };
            let why = builds.map_or_else(
                || error.to_string(),
                |error| {
                    in_tokens(error, question, |amount, asset| {
                        world.router.print(amount, asset)
                    })
                },
            );
            return Finding::bad(about, format!("it would fail: {why}"), advice);
        }
    };
    let amount_in = world.router.print(question.amount_in, question.asset_in);
    let amount_out = world
        .router
        .print(choice.expected_amount_out, question.asset_out);
    let venue = choice.route.largest().venue();
    let swap = format!("{amount_in} for {amount_out} on {venue}");
    let facts = json!({"swap": swap, "units": rehearsed.units, "failure": rehearsed.failure});
    let finding = match &rehearsed.failure {
        None => Finding::good(
            about,
            format!("{swap} would go through, simulated and not sent"),
        ),
        Some(failure) => {
            let words = rehearsed
                .last_words
                .as_deref()
                .unwrap_or("nothing is said why");
            Finding::bad(
                about,
                format!("{swap} would fail: {failure}; {words}"),
                FUND,
            )
        }
    };
    finding.with(facts)
}

/// Why there is no transaction, with its amounts in tokens.
fn in_tokens(
    error: &transaction_builder::Error,
    question: Question,
    print: impl Fn(BaseUnits, Asset) -> String,
) -> String {
    match error {
        transaction_builder::Error::InsufficientFunds {
            mint,
            needed,
            held,
            promised,
        } => {
            let asset = match *mint == Asset::SOL.mint {
                true => Asset::SOL,
                false => question.asset_in,
            };
            let under_way = match promised.get() {
                0 => String::new(),
                _ => format!(
                    ", of which {} are promised to others,",
                    print(*promised, asset)
                ),
            };
            format!(
                "the wallet holds {}{under_way} and the transaction needs {} with its fees and deposits",
                print(*held, asset),
                print(*needed, asset)
            )
        }
        transaction_builder::Error::QuoteMismatch { quoted, simulated } => {
            let print = |amount: &BaseUnits| print(*amount, question.asset_out);
            format!(
                "simulated, the swap pays {}, and {} were quoted",
                print(simulated),
                print(quoted)
            )
        }
        _ => error.to_string(),
    }
}

fn said(error: &chain::Error) -> String {
    let (chain::Error::Unavailable(reason) | chain::Error::Refused(reason)) = error;
    reason.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_transaction_lacks_is_said_in_tokens() {
        let question = Question {
            asset_in: Asset::USDC,
            asset_out: Asset::SOL,
            amount_in: BaseUnits::new(2_500_000),
        };
        let said = |error| {
            in_tokens(&error, question, |amount, asset| {
                let name = if asset == Asset::SOL { "SOL" } else { "USDC" };
                format!("{} {name}", amount.to_decimal(asset.decimals))
            })
        };
        let lacking = |asset: Asset, promised| transaction_builder::Error::InsufficientFunds {
            mint: asset.mint,
            needed: BaseUnits::new(14_976_144),
            held: BaseUnits::new(0),
            promised: BaseUnits::new(promised),
        };

        assert_eq!(
            said(lacking(Asset::SOL, 0)),
            "the wallet holds 0 SOL and the transaction needs 0.014976144 SOL with its fees and deposits"
        );
        assert_eq!(
            said(lacking(Asset::USDC, 1_000_000)),
            "the wallet holds 0 USDC, of which 1 USDC are promised to others, and the transaction needs 14.976144 USDC \
             with its fees and deposits"
        );
        let mismatch = transaction_builder::Error::QuoteMismatch {
            quoted: BaseUnits::new(2_000_000_000),
            simulated: BaseUnits::new(1_500_000_000),
        };
        assert_eq!(
            said(mismatch),
            "simulated, the swap pays 1.5 SOL, and 2 SOL were quoted"
        );
    }
}
