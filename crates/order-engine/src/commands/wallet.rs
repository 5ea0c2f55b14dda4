//! `order-engine wallet`: the wallets that trade, what one of them holds and may spend. Needs the admin key where keys
//! are set.

use api_types::reconciliation::ReconciledToken;
use api_types::wallet::{LimitView, NamedWalletView};
use clap::Args;
use domain::{Asset, BaseUnits};

use crate::connection::Connection;
use crate::exit::Verdict;
use crate::output::{self, Format};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine wallet
  order-engine wallet --reconcile     compare it with all receipts
  order-engine wallet second
  order-engine wallet --json --api-key \"$ADMIN_KEY\"";

/// The engine and the form of the output.
#[derive(Debug, Args)]
pub(crate) struct Wallet {
    /// Compare what it did since the last time with the engine's receipts; exit code 1 where somebody must look
    #[arg(long)]
    reconcile: bool,
    /// A wallet's name or address [default: the one that pays where an order asks for none]
    wallet: Option<String>,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub(crate) async fn run(wallet: &Wallet) -> anyhow::Result<Verdict> {
    if wallet.reconcile {
        return reconcile(wallet).await;
    }
    let client = wallet.connection.client()?;
    let answer = match &wallet.wallet {
        Some(name) => client.wallet_called(name).await?,
        None => client.wallet().await?,
    };
    if wallet.format.is_json() {
        output::json(&answer)?;
        return Ok(Verdict::Good);
    }
    let sol = BaseUnits::new(answer.lamports).to_decimal(Asset::SOL.decimals);
    if let Some(name) = &answer.name {
        output::line(format!("wallet       {name}"))?;
    }
    output::line(format!("address      {}", answer.address))?;
    output::line(format!("cluster      {} ({})", answer.cluster, answer.mode))?;
    output::line(format!("trading      {}", answer.trading))?;
    output::line(format!("holds        {sol} SOL"))?;
    for holding in &answer.tokens {
        let name = holding.symbol.as_deref().unwrap_or(&holding.mint);
        output::line(format!("             {} {name}", holding.amount))?;
    }
    for (place, limit) in answer.limits.iter().enumerate() {
        let title = if place == 0 { "may spend" } else { "" };
        let used = limit.used.as_ref();
        let used = used
            .map(|used| format!(", {used} used"))
            .unwrap_or_default();
        let LimitView {
            token, per, limit, ..
        } = limit;
        output::line(format!("{title:<13}{limit} {token} per {per}{used}"))?;
    }
    for other in &answer.wallets {
        let live = match other.live {
            Some(false) => "  no live worker has its key: its orders wait",
            Some(true) | None => "",
        };
        let NamedWalletView { name, address, .. } = other;
        output::line(format!("has          {address}  {name}{live}"))?;
    }
    Ok(Verdict::Good)
}

async fn reconcile(wallet: &Wallet) -> anyhow::Result<Verdict> {
    let client = wallet.connection.client()?;
    let answer = client.reconcile(wallet.wallet.as_deref()).await?;
    let verdict = Verdict::good_if(answer.explained);
    if wallet.format.is_json() {
        output::json(&answer)?;
        return Ok(verdict);
    }
    let Some(from) = answer.from_slot else {
        let (lamports, slot) = (answer.lamports, answer.to_slot);
        output::line(format!(
            "noted        {lamports} lamports in slot {slot}: compared from now on"
        ))?;
        return Ok(verdict);
    };
    let (to, transactions, orders) = (answer.to_slot, answer.transactions, answer.orders);
    output::line(format!("address      {}", answer.address))?;
    output::line(format!("slots        {from} to {to}"))?;
    output::line(format!("transactions {transactions}, {orders} of orders"))?;
    output::line(format!(
        "from outside {} lamports",
        answer.from_outside_lamports
    ))?;
    output::line(format!(
        "unexplained  {} lamports",
        answer.unexplained_lamports
    ))?;
    for token in &answer.tokens {
        let name = token.symbol.as_deref().unwrap_or(&token.mint);
        let ReconciledToken {
            held,
            from_outside,
            unexplained,
            ..
        } = token;
        let held = held.as_deref().unwrap_or("compared from the next time on");
        output::line(format!(
            "token        {name}: {held} units, {from_outside} from outside, {unexplained} unexplained"
        ))?;
    }
    if answer.tokens_left_out > 0 {
        let count = answer.tokens_left_out;
        output::line(format!("left out     {count} tokens: too many to compare"))?;
    }
    output::line(format!("foreign      {} transactions", answer.foreign))?;
    if !answer.complete {
        output::line(
            "incomplete   the chain no longer tells everything since the last comparison",
        )?;
    }
    for finding in &answer.findings {
        let (signature, lamports, detail) = (&finding.signature, finding.lamports, &finding.detail);
        let tokens = finding.tokens.iter().map(|it| {
            let name = it.symbol.as_deref().unwrap_or(&it.mint);
            format!(", {} units of {name}", it.change)
        });
        let tokens = tokens.collect::<String>();
        output::line(format!(
            "  {signature}  {lamports} lamports{tokens}: {detail}"
        ))?;
    }
    Ok(verdict)
}
