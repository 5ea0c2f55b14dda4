//! `order-engine webhooks`: which webhooks wait for their receiver, which were given up, and their retry. Needs the admin
//! key, or must run on the engine's machine.

use anyhow::bail;
use api_types::webhook::{AdminWebhooks, DeadWebhookView};
use clap::{Args, Subcommand};
use ports::webhooks::WebhookId;

use crate::arguments::Page;
use crate::connection::Connection;
use crate::exit::Verdict;
use crate::output::{self, Format};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine webhooks dead          how many wait, and which were given up
  order-engine webhooks retry evt_0197c3a2-7f7e-7000-8000-5b2f3e8d9c01_4
  order-engine webhooks retry --all --api-key \"$ADMIN_KEY\"";

const DEAD_EXAMPLE: &str = "\
Example:
  order-engine webhooks dead --limit 100 --json";
const RETRY_EXAMPLE: &str = "\
Examples:
  order-engine webhooks retry evt_0197c3a2-7f7e-7000-8000-5b2f3e8d9c01_4
  order-engine webhooks retry --all";

/// What to do with webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum Webhooks {
    /// How many wait for their receiver, and which were given up
    #[command(after_help = DEAD_EXAMPLE)]
    Dead(Dead),
    /// Try dead webhooks again
    #[command(after_help = RETRY_EXAMPLE)]
    Retry(Retry),
}

/// Which dead webhooks.
#[derive(Debug, Args)]
pub(crate) struct Dead {
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Which dead webhook, or all of them.
#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// The dead webhook
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all", value_parser = webhook_id)]
    id: Option<WebhookId>,
    /// All of them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

fn webhook_id(text: &str) -> Result<WebhookId, String> {
    let id = WebhookId::parse(text);
    id.ok_or_else(|| "a webhook's id as `order-engine webhooks dead` shows it".to_owned())
}

/// Runs the command.
pub(crate) async fn run(webhooks: &Webhooks) -> anyhow::Result<Verdict> {
    match webhooks {
        Webhooks::Dead(dead) => list(dead).await?,
        Webhooks::Retry(retry) => try_again(retry).await?,
    }
    Ok(Verdict::Good)
}

async fn list(dead: &Dead) -> anyhow::Result<()> {
    let client = dead.connection.client()?;
    let answer = client
        .webhooks(dead.page.cursor.as_deref(), Some(dead.page.limit))
        .await?;
    if dead.format.is_json() {
        return Ok(output::json(&answer)?);
    }
    let AdminWebhooks { pending, dead, .. } = answer;
    match &answer.oldest_pending_at {
        Some(at) => output::line(format!("{pending} pending, the oldest since {at}"))?,
        None => output::line(format!("{pending} pending"))?,
    }
    output::line(format!("{dead} dead"))?;
    for DeadWebhookView {
        id,
        status,
        tries,
        error,
        dead_at,
        ..
    } in &answer.webhooks
    {
        output::line(format!("{id}  {}", status.name()))?;
        output::line(format!("    {error} ({tries} tries, given up {dead_at})"))?;
    }
    Ok(output::more(answer.next_cursor.as_deref())?)
}

async fn try_again(retry: &Retry) -> anyhow::Result<()> {
    let client = retry.connection.client()?;
    let answer = match (&retry.id, retry.all) {
        (Some(id), false) => client.retry_webhook(&id.to_string()).await?,
        (None, true) => client.retry_webhooks().await?,
        _ => bail!("name a dead webhook, or --all"),
    };
    if retry.format.is_json() {
        return Ok(output::json(&answer)?);
    }
    Ok(output::line(match answer.retried {
        1 => "1 webhook is pending again".to_owned(),
        count => format!("{count} webhooks are pending again"),
    })?)
}
