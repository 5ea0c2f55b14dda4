//! `order-engine doctor`: everything that stands between this configuration and a trade.

use bootstrap::doctor::{self, Finding, Question, State};
use clap::Args;
use config::Config;
use config::args::Stop;
use domain::{Asset, BaseUnits, TokenList};
use serde_json::{Value, json};

use crate::exit::Verdict;
use crate::output::{self, Format};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine doctor
  order-engine doctor SOL USDC 0.5 --json
  ORDER_VENUE_MODE=live SOLANA_CLUSTER=devnet WALLET=./wallet.json \\
  SOLANA_RPC_URL=https://api.devnet.solana.com order-engine doctor

It looks at the settings, each endpoint, the key, the wallet, the pair's pools,
and lets the cluster simulate a transaction. It signs, sends and stores nothing.
Exit code 1 where a line says failed. It asks no running engine: it sees no halt
(order-engine queue state), nor what a day has used (order-engine wallet).";

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// What would be sold: a token of the token list, by symbol or mint
    #[arg(value_name = "TOKEN", default_value = "SOL")]
    token_in: String,
    /// What would be bought
    #[arg(value_name = "TOKEN", default_value = "USDC")]
    token_out: String,
    /// How much would be sold
    #[arg(value_name = "AMOUNT", default_value = "0.01")]
    amount: String,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    config: Config,
}

/// Runs the command.
pub(crate) async fn run(doctor: &Doctor) -> anyhow::Result<Verdict> {
    let question = doctor.question()?;
    let findings = doctor::examine(&doctor.config, question).await?;
    let is_ready = findings.iter().all(|finding| finding.state != State::Bad);
    if doctor.format.is_json() {
        let checks = findings.iter().map(view).collect::<Vec<_>>();
        output::json(&json!({ "ready": is_ready, "checks": checks }))?;
    } else {
        findings.iter().try_for_each(print)?;
    }
    Ok(Verdict::good_if(is_ready))
}

impl Doctor {
    fn question(&self) -> Result<Question, Stop> {
        let tokens = self.config.chain.tokens();
        let asset_in = asset(&tokens, &self.token_in)?;
        let asset_out = asset(&tokens, &self.token_out)?;
        if asset_in == asset_out {
            return Err(Stop::Wrong("the two tokens are the same".to_owned()));
        }
        let amount_in = BaseUnits::parse(&self.amount, asset_in.decimals);
        Ok(Question {
            asset_in,
            asset_out,
            amount_in: amount_in.map_err(|error| Stop::Wrong(format!("AMOUNT: {error}")))?,
        })
    }
}

fn asset(tokens: &TokenList, name: &str) -> Result<Asset, Stop> {
    let found = tokens.find(name);
    found.ok_or_else(|| {
        Stop::Wrong(format!(
            "{name} is not in the token list; add it to a file and name that in TOKEN_LIST"
        ))
    })
}

fn view(finding: &Finding) -> Value {
    json!({
        "about": finding.about,
        "state": finding.state.name(),
        "detail": finding.detail,
        "advice": finding.advice,
        "facts": finding.facts,
    })
}

fn print(finding: &Finding) -> std::io::Result<()> {
    let state = finding.state.name();
    output::line(format!("{state:<8}{}: {}", finding.about, finding.detail))?;
    match &finding.advice {
        Some(advice) => output::line(format!("        → {advice}")),
        None => Ok(()),
    }
}
