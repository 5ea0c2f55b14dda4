//! The books of everything that an engine has traded, to the unit: among themselves, with the fills, and with what the
//! chain says that the wallet holds.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use cluster::e2e::{Target, text};
use cluster::http::http;
use domain::{Asset, Mint, TokenList};
use serde_json::Value;
use testkit::contract::eventually;

/// How much there is of everything, by mint; what is no token stands at [`LAMPORTS`].
pub(super) type Balances = BTreeMap<String, i128>;

pub(super) const LAMPORTS: &str = "lamports";

/// What became of the transactions of an engine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Landed {
    pub(super) confirmed: usize,
    pub(super) reverted: usize,
}

/// Sums of the engine's words by mint, in base units.
type Sums = BTreeMap<String, i128>;

/// `after` is all that the wallet has, and `outside` what it would have without the engine's transactions.
pub(super) async fn agree(
    target: &Target,
    landed: Landed,
    after: &Balances,
    outside: &Balances,
) -> Result<()> {
    let books = eventually("everything to be counted", async || {
        let books = target.get(0, "/api/books").await.ok()?;
        let counted = books["complete"] == true && books["fills"] == landed.confirmed;
        counted.then_some(books)
    })
    .await;
    ensure!(
        books["leftOut"] == 0 && books["daysFrom"].is_null(),
        "{books}"
    );
    let [wallet] = books["wallets"].as_array().context("wallets")?.as_slice() else {
        anyhow::bail!("one wallet has traded: {}", books["wallets"]);
    };
    let flows = wallet["tokens"].as_array().context("tokens")?;
    for flow in flows {
        balances(flow, after, outside).with_context(|| flow.to_string())?;
    }
    let traded: BTreeSet<String> = flows.iter().filter_map(key).collect();
    for (token, units) in after {
        let is_told = traded.contains(token) || outside.get(token) == Some(units);
        ensure!(is_told, "{token} is in no book");
    }
    let positions = books["positions"].as_array().context("positions")?;
    adds_up(positions, flows)?;
    let days = books["days"].as_array().context("days")?;
    for name in ["bought", "cost", "sold", "proceeds", "realised"] {
        ensure!(
            summed(days, name)? == summed(positions, name)?,
            "{name}: {books}"
        );
    }
    let rolled_back = positions
        .iter()
        .map(|it| it["figures"]["rolledBack"].as_u64());
    let rolled_back = rolled_back.sum::<Option<u64>>().context("numbers")?;
    ensure!(
        usize::try_from(rolled_back)? == landed.reverted,
        "{rolled_back} of {landed:?}"
    );
    fills(target, landed, flows).await
}

/// What a flow says of one token, with what the chain says.
fn balances(flow: &Value, after: &Balances, outside: &Balances) -> Result<()> {
    let key = key(flow).context("a token")?;
    let of = |balances: &Balances| balances.get(&key).copied().unwrap_or(0);
    let amount = |name: &str| units(flow, "mint", name);
    ensure!(of(after) - amount("net")? == of(outside), "{outside:#?}");
    ensure!(amount("held")? == of(after) && amount("outside")? == of(outside));
    let more = amount("received")? + amount("leftOver")? + amount("rentReturned")?;
    let less = amount("spent")? + amount("fees")? + amount("rentPaid")?;
    ensure!(more - less == amount("net")?);
    Ok(())
}

fn key(flow: &Value) -> Option<String> {
    let mint = flow["mint"].as_str()?;
    let is_native = mint == Mint::SOL.to_string();
    Some(if is_native { LAMPORTS } else { mint }.to_owned())
}

/// Each position in itself, and all of them with what the wallet received and spent.
fn adds_up(positions: &[Value], flows: &[Value]) -> Result<()> {
    let (mut received, mut spent) = (Sums::new(), Sums::new());
    let mut fees = 0;
    for position in positions {
        let (pair, figures) = (&position["pair"], &position["figures"]);
        let token = |name| amount(figures, name, text(pair, "tokenMint")?);
        let quote = |name| amount(figures, name, text(pair, "quoteMint")?);
        let held = amount(position, "held", text(pair, "tokenMint")?)?;
        let cost_of_held = amount(position, "costOfHeld", text(pair, "quoteMint")?)?;
        let covered = token("sold")? - token("soldWithoutCost")?;
        ensure!(token("bought")? == held + covered, "{position}");
        ensure!(
            quote("cost")? == cost_of_held + quote("costOfSold")?,
            "{position}"
        );
        let proceeds = quote("proceeds")? - quote("proceedsWithoutCost")?;
        ensure!(
            quote("realised")? == proceeds - quote("costOfSold")?,
            "{position}"
        );
        let (token_mint, quote_mint) = (text(pair, "tokenMint")?, text(pair, "quoteMint")?);
        for (mint, more, less) in [
            (token_mint, token("bought")?, token("sold")?),
            (quote_mint, quote("proceeds")?, quote("cost")?),
        ] {
            *received.entry(mint.to_owned()).or_default() += more;
            *spent.entry(mint.to_owned()).or_default() += less;
        }
        for name in ["feeLamports", "rolledBackFeeLamports"] {
            fees += figures[name].as_i64().context("lamports")?;
        }
    }
    for flow in flows {
        let mint = text(flow, "mint")?;
        let of = |sums: &Sums| sums.get(mint).copied().unwrap_or(0);
        ensure!(units(flow, "mint", "received")? == of(&received), "{flow}");
        ensure!(units(flow, "mint", "spent")? == of(&spent), "{flow}");
        let is_native = mint == Mint::SOL.to_string();
        let paid = units(flow, "mint", "fees")?;
        ensure!(paid == if is_native { fees.into() } else { 0 }, "{flow}");
    }
    Ok(())
}

/// Of each pair, a figure in whatever it is counted in.
fn summed(views: &[Value], name: &str) -> Result<Sums> {
    let in_token = matches!(name, "bought" | "sold");
    let mut sums = Sums::new();
    for view in views {
        let pair = &view["pair"];
        let mint = text(pair, if in_token { "tokenMint" } else { "quoteMint" })?;
        let of = format!("{}/{}", text(pair, "token")?, text(pair, "quote")?);
        *sums.entry(of).or_default() += amount(&view["figures"], name, mint)?;
    }
    Ok(sums)
}

/// The list and the file tell the same fills, each once, and they come to what the books say.
async fn fills(target: &Target, landed: Landed, flows: &[Value]) -> Result<()> {
    let listed = target.pages("/api/fills", "fills").await?;
    let ids: BTreeSet<&str> = listed
        .iter()
        .filter_map(|it| it["orderId"].as_str())
        .collect();
    ensure!(listed.len() == landed.confirmed && ids.len() == listed.len());
    let times: Vec<&str> = listed
        .iter()
        .filter_map(|it| it["confirmedAt"].as_str())
        .collect();
    ensure!(times.is_sorted(), "they are not in order");
    let is_divided = |fill: &&Value| fill["route"].as_array().is_some_and(|legs| legs.len() > 1);
    ensure!(
        listed.iter().any(|fill| is_divided(&fill)),
        "no route was divided"
    );
    for flow in flows {
        let mint = text(flow, "mint")?;
        for (sum, of, name) in [
            ("received", "tokenOutMint", "amountOut"),
            ("spent", "tokenInMint", "amountIn"),
        ] {
            let of_mint = listed.iter().filter(|fill| fill[of] == mint);
            let units = of_mint.map(|fill| amount(fill, name, mint));
            let units: i128 = units.sum::<Result<i128>>()?;
            ensure!(units == self::units(flow, "mint", sum)?, "{sum} of {flow}");
        }
    }
    let url = target.url(0, "/api/fills");
    let csv = http().get(url).header("Accept", "text/csv").send().await?;
    let csv = csv.error_for_status()?.text().await?;
    let mut lines = csv.lines();
    ensure!(
        lines
            .next()
            .is_some_and(|line| line.starts_with("confirmedAt,orderId,"))
    );
    let told: Vec<&str> = lines.filter_map(|line| line.split(',').nth(1)).collect();
    let listed: Vec<&str> = listed
        .iter()
        .filter_map(|it| it["orderId"].as_str())
        .collect();
    ensure!(
        told == listed,
        "{} lines, {} fills",
        told.len(),
        listed.len()
    );
    Ok(())
}

/// A field in base units of the mint that another one names.
fn units(of: &Value, mint: &str, name: &str) -> Result<i128> {
    amount(of, name, text(of, mint)?)
}

fn amount(of: &Value, name: &str, mint: &str) -> Result<i128> {
    let listed: Option<Asset> = TokenList::mainnet().find(mint);
    let decimals = usize::from(listed.context("a listed token")?.decimals);
    let printed = text(of, name)?;
    let (sign, digits) = match printed.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, printed),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let units: i128 = format!("{whole}{fraction:0<decimals$}").parse()?;
    Ok(sign * units)
}
