//! What the engine's wallet has is explained, to the last lamport and the last token unit, by the receipts of its orders
//! and by what others sent to it.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use cluster::e2e::{Target, load, text};
use domain::{Asset, BaseUnits, TokenList};
use futures_util::future::{try_join, try_join_all};
use serde_json::{Value, json};
use sim_chain::bank::address::{TOKEN, TOKEN_2022};

use super::books::{self, Balances, LAMPORTS, Landed};
use super::{Node, engine_and_node};

/// The longest page of an address's signatures.
const PAGE: usize = 1_000;
/// How often balances may change while they are read.
const LOOKS_MAX: usize = 20;

/// Large sales that empty the wallet of SOL, small ones that are rolled back where those came first, and other swaps: with
/// the token that keeps a part of each transfer among them. Slippage in basis points, and parts of a hundred orders.
const MIX: [(&str, &str, &str, u16, usize); 9] = [
    ("SOL", "USDC", "120", 200, 45),
    ("SOL", "USDC", "1.25", 0, 10),
    ("USDC", "SOL", "300.5", 50, 10),
    ("USDC", "USDT", "120.25", 50, 5),
    ("BONK", "SOL", "1000000", 50, 5),
    ("SOL", "BONK", "1.5", 50, 5),
    ("SOL", "PYUSD", "0.7", 50, 5),
    ("PYUSD", "USDC", "110", 50, 5),
    ("JUP", "USDC", "250", 50, 5),
];

/// Of a hundred orders, those that buy to the unit.
const PURCHASES: usize = 5;
/// What somebody sends to the wallet meanwhile, in lamports.
const GIFT: u64 = 123_456_789;

/// What happened to a wallet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Accounted {
    pub(crate) confirmed: usize,
    /// Transactions of orders that cost their fee alone.
    pub(crate) reverted: usize,
    /// Transactions that others made with the wallet.
    pub(crate) gifts: usize,
}

/// Lets the engine execute so many orders at once and accounts for every unit that its wallet has then.
pub(crate) async fn every_lamport_is_explained(
    target: &Target,
    node: &Node,
    orders: usize,
) -> Result<Accounted> {
    let wallet = target.get(0, "/api/wallet").await?;
    let wallet = text(&wallet, "address")?;
    let (mut explained, known) = node.at_rest(wallet).await?;
    let mut outside = explained.clone();
    node.call("requestAirdrop", json!([wallet, GIFT])).await?;

    let runs = MIX.map(|(token_in, token_out, amount, slippage_bps, part)| async move {
        let body = json!({
            "tokenIn": token_in, "tokenOut": token_out, "amount": amount, "slippageBps": slippage_bps,
        });
        load::run(target, orders * part / 100, &body.to_string()).await
    });
    let purchase = json!({
        "tokenIn": "SOL", "tokenOut": "USDC", "amountOut": "150.000001", "slippageBps": 500,
    })
    .to_string();
    let purchases = load::run(target, orders * PURCHASES / 100, &purchase);
    let (mut outcomes, purchased) = try_join(try_join_all(runs), purchases).await?;
    ensure!(purchased.confirmed > 0, "nothing was bought to the unit");
    outcomes.push(purchased);

    let listed = target.pages("/api/orders", "orders").await?;
    ensure!(listed.len() == orders, "{} orders are listed", listed.len());
    let is_confirmed = |order: &&Value| order["status"] == "confirmed";
    let confirmed: Vec<&Value> = listed.iter().filter(is_confirmed).collect();
    for order in &confirmed {
        explain(order, &mut explained).with_context(|| order.to_string())?;
    }
    let counted: usize = outcomes.iter().map(|outcome| outcome.confirmed).sum();
    ensure!(confirmed.len() == counted, "streams and list differ");

    let landed = target.pages("/api/sim/ledger", "entries").await?;
    let (filled, reverted): (Vec<&Value>, Vec<&Value>) =
        landed.iter().partition(|entry| entry["ok"] == true);
    ensure!(
        filled.len() == counted,
        "{} swaps took effect",
        filled.len()
    );
    for entry in reverted {
        let fee = node.fee_of_a_revert(text(entry, "signature")?).await?;
        *explained.entry(LAMPORTS.to_owned()).or_default() -= fee;
    }

    let (after, mut foreign) = node.at_rest(wallet).await?;
    let own = landed
        .iter()
        .filter_map(|entry| entry["signature"].as_str());
    let own: BTreeSet<&str> = own.collect();
    foreign.retain(|signature| !own.contains(signature.as_str()) && !known.contains(signature));
    for signature in &foreign {
        node.add_gift(wallet, signature, &mut explained).await?;
        node.add_gift(wallet, signature, &mut outside).await?;
    }
    ensure!(!foreign.is_empty(), "nothing came from outside");
    explained.retain(|_, amount| *amount != 0);
    ensure!(
        explained == after,
        "{explained:#?} are explained of {after:#?}"
    );
    let accounted = Accounted {
        confirmed: counted,
        reverted: landed.len() - counted,
        gifts: foreign.len(),
    };
    let landed = Landed {
        confirmed: accounted.confirmed,
        reverted: accounted.reverted,
    };
    books::agree(target, landed, &after, &outside).await?;
    Ok(accounted)
}

/// Adds what a confirmed order's receipt says.
fn explain(order: &Value, balances: &mut Balances) -> Result<()> {
    let receipt = &order["receipt"];
    let lamports = |field: &str| receipt[field].as_u64().map(i128::from).context("a receipt");
    let rent = lamports("rentReturnedLamports")? - lamports("rentPaidLamports")?;
    *balances.entry(LAMPORTS.to_owned()).or_default() += rent - lamports("feeLamports")?;
    let tokens = TokenList::mainnet();
    let key = |asset: Asset| match asset.is_native() {
        true => LAMPORTS.to_owned(),
        false => asset.mint.to_string(),
    };
    for left in receipt["leftover"].as_array().context("what is left")? {
        let asset = tokens.find(text(left, "mint")?).context("a listed token")?;
        let units = BaseUnits::parse(text(left, "amount")?, asset.decimals)?;
        *balances.entry(key(asset)).or_default() += i128::from(units.get());
    }
    for (token, amount, sign) in [("tokenIn", "amountIn", -1), ("tokenOut", "amountOut", 1)] {
        let asset = tokens.find(text(order, token)?).context("a listed token")?;
        let units = BaseUnits::parse(text(order, amount)?, asset.decimals)?;
        *balances.entry(key(asset)).or_default() += sign * i128::from(units.get());
    }
    Ok(())
}

impl Node {
    /// All that a wallet has.
    pub(super) async fn balances(&self, wallet: &str) -> Result<Balances> {
        let commitment = json!({"commitment": "confirmed"});
        let lamports = self
            .value("getBalance", json!([wallet, commitment]))
            .await?;
        let lamports = lamports.as_u64().context("lamports")?;
        let mut balances = Balances::from([(LAMPORTS.to_owned(), lamports.into())]);
        for program in [TOKEN, TOKEN_2022] {
            let of = json!({"programId": program.to_string()});
            let settings = json!({"commitment": "confirmed", "encoding": "jsonParsed"});
            let held = self.value("getTokenAccountsByOwner", json!([wallet, of, settings]));
            for account in held.await?.as_array().context("accounts")? {
                let info = &account["account"]["data"]["parsed"]["info"];
                let amount: i128 = text(&info["tokenAmount"], "amount")?.parse()?;
                *balances.entry(text(info, "mint")?.to_owned()).or_default() += amount;
            }
        }
        balances.retain(|_, amount| *amount != 0);
        Ok(balances)
    }

    /// What a wallet has, and the signatures that made it so, as they were at one moment.
    async fn at_rest(&self, wallet: &str) -> Result<(Balances, Vec<String>)> {
        let mut before = self.balances(wallet).await?;
        for _ in 0..LOOKS_MAX {
            let signatures = self.signatures(wallet).await?;
            let after = self.balances(wallet).await?;
            if after == before {
                return Ok((after, signatures));
            }
            before = after;
        }
        bail!("the wallet has no rest")
    }

    /// Of every transaction that names an address, newest first.
    async fn signatures(&self, address: &str) -> Result<Vec<String>> {
        let mut all: Vec<String> = Vec::new();
        loop {
            let mut settings = json!({"commitment": "confirmed", "limit": PAGE});
            if let Some(last) = all.last() {
                settings["before"] = last.as_str().into();
            }
            let page = self.call("getSignaturesForAddress", json!([address, settings]));
            let page = page.await?;
            let page = page.as_array().context("signatures")?;
            for line in page {
                all.push(text(line, "signature")?.to_owned());
            }
            if page.len() < PAGE {
                return Ok(all);
            }
        }
    }

    pub(super) async fn transaction(&self, signature: &str) -> Result<Value> {
        let settings = json!({
            "commitment": "confirmed", "encoding": "jsonParsed", "maxSupportedTransactionVersion": 0,
        });
        let told = self
            .call("getTransaction", json!([signature, settings]))
            .await?;
        ensure!(told.is_object(), "{signature} is not known");
        Ok(told)
    }

    async fn fee_of_a_revert(&self, signature: &str) -> Result<i128> {
        let meta = &self.transaction(signature).await?["meta"];
        ensure!(!meta["err"].is_null(), "{signature} took effect");
        Ok(meta["fee"].as_u64().context("a fee")?.into())
    }

    /// Adds what somebody else's transaction sent to a wallet, as its instructions say.
    async fn add_gift(&self, wallet: &str, signature: &str, balances: &mut Balances) -> Result<()> {
        let told = self.transaction(signature).await?;
        let message = &told["transaction"]["message"];
        let payer = text(&message["accountKeys"][0], "pubkey")?;
        ensure!(
            payer != wallet,
            "the wallet paid for {signature}, which is no order's"
        );
        ensure!(told["meta"]["err"].is_null(), "{told}");
        let instructions = message["instructions"].as_array().context("instructions")?;
        for instruction in instructions {
            let parsed = &instruction["parsed"];
            let info = &parsed["info"];
            match (instruction["program"].as_str(), parsed["type"].as_str()) {
                (Some("system"), Some("transfer")) if info["destination"] == wallet => {
                    let lamports = info["lamports"].as_u64().context("lamports")?;
                    *balances.entry(LAMPORTS.to_owned()).or_default() += i128::from(lamports);
                }
                (Some("spl-token" | "spl-token-2022"), Some("transferChecked")) => {
                    let amount: i128 = text(&info["tokenAmount"], "amount")?.parse()?;
                    *balances.entry(text(info, "mint")?.to_owned()).or_default() += amount;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn receipts_explain_every_lamport_and_token_of_the_wallet() -> Result<()> {
    let (engine, node) = engine_and_node(&[]).await?;
    let target = Target::new(vec![engine.url("")]);

    let accounted = every_lamport_is_explained(&target, &node, 200).await?;

    ensure!(accounted.confirmed >= 150, "{accounted:?}");
    Ok(())
}
