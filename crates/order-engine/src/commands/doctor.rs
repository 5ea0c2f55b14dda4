//! `order-engine doctor`: everything that stands between this configuration and a trade.

use bootstrap::doctor::{self, Finding, Question, State};
use clap::Args;
use config::Config;
use config::args::Stop;
use domain::BaseUnits;
use serde_json::{Value, json};
use webhooks::Settings;

use crate::exit::Verdict;
use crate::output::{self, Format};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine doctor
  order-engine doctor SOL USDC 0.5 --json
  ORDER_VENUE_MODE=live SOLANA_CLUSTER=devnet WALLET=./wallet.json \\
  SOLANA_RPC_URL=https://api.devnet.solana.com order-engine doctor

It looks at the settings, each endpoint, the key, the wallet, the pair's pools,
the receiver of webhooks, and lets the cluster simulate a transaction. Where the
engine has a store it looks there for a halt, a pause and what a day has used.
It signs, sends and stores nothing. Exit code 1 where a line says failed.";

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// What would be sold: a symbol of the token list, or any mint's address
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
    let question = Box::pin(doctor.question()).await?;
    let mut findings = doctor::examine(&doctor.config, question).await?;
    findings.extend(webhooks(&doctor.config).await);
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
    async fn question(&self) -> anyhow::Result<Question> {
        let asset_in = doctor::asset(&self.config, &self.token_in).await?;
        let asset_out = doctor::asset(&self.config, &self.token_out).await?;
        if asset_in == asset_out {
            return Err(Stop::Wrong("the two tokens are the same".to_owned()).into());
        }
        let amount_in = BaseUnits::parse(&self.amount, asset_in.decimals);
        Ok(Question {
            asset_in,
            asset_out,
            amount_in: amount_in.map_err(|error| Stop::Wrong(format!("AMOUNT: {error}")))?,
        })
    }
}

/// Whether the receiver of webhooks, if there is one, can be connected to. Orders go on without it.
async fn webhooks(config: &Config) -> Option<Finding> {
    let about = "webhooks";
    let checked = match Settings::configured(config).transpose()? {
        Ok(settings) => settings.receiver.check().await.map_err(anyhow::Error::from),
        Err(error) => Err(error.into()),
    };
    Some(match checked {
        Ok(()) => Finding::good(about, "connections to the receiver are allowed"),
        Err(error) => {
            let advice =
                "see that WEBHOOK_URL names a host that workers may reach; docs/WEBHOOKS.md";
            Finding::warning(
                about,
                format!("the receiver cannot be told: {error}"),
                advice,
            )
        }
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
