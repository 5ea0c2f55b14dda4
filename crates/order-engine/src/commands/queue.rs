//! `order-engine queue`: what operators see and do. Needs the admin key, or must run on the
//! engine's machine.

use api_types::stats::HaltView;
use clap::{Args, Subcommand};
use uuid::Uuid;

use crate::arguments::Page;
use crate::connection::{Connection, order_id};
use crate::exit::Verdict;
use crate::lifecycle::swap_of;
use crate::output::{self, Format};

pub(crate) const EXAMPLES: &str = "\
Examples:
  order-engine queue state
  order-engine queue pause            workers finish what they hold
  order-engine queue halt             nothing is signed and nothing is sent
  order-engine queue dead             failed orders
  order-engine queue retry 0197c3a2-7f7e-7000-8000-5b2f3e8d9c01
  order-engine queue resume --api-key \"$ADMIN_KEY\"";

const STATE_EXAMPLE: &str = "\
Example:
  order-engine queue state --json";
const PAUSE_EXAMPLE: &str = "\
Example:
  order-engine queue pause --api-key \"$ADMIN_KEY\"";
const HALT_EXAMPLE: &str = "\
Example:
  order-engine queue halt --reason \"prices look wrong\" --api-key \"$ADMIN_KEY\"

Whatever was sent may still land; its fate is recorded. SIGQUIT to any of the
engine's processes does the same. order-engine queue resume ends it.";
const RESUME_EXAMPLE: &str = "\
Example:
  order-engine queue resume --api-key \"$ADMIN_KEY\"";
const DEAD_EXAMPLE: &str = "\
Example:
  order-engine queue dead --limit 100 --json";
const RETRY_EXAMPLE: &str = "\
Example:
  order-engine queue retry 0197c3a2-7f7e-7000-8000-5b2f3e8d9c01";

/// What to do with the queue.
#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// How many orders wait and are executed
    #[command(after_help = STATE_EXAMPLE)]
    State(Plain),
    /// Tell workers to take no new work
    #[command(after_help = PAUSE_EXAMPLE)]
    Pause(Plain),
    /// Sign and send nothing from now on; it stands until somebody resumes
    #[command(after_help = HALT_EXAMPLE)]
    Halt(Halt),
    /// Let workers take work again; ends a pause and a halt
    #[command(after_help = RESUME_EXAMPLE)]
    Resume(Plain),
    /// Failed orders that were not retried, newest first
    #[command(after_help = DEAD_EXAMPLE)]
    Dead(Dead),
    /// Retry a failed order, as a new order
    #[command(after_help = RETRY_EXAMPLE)]
    Retry(Retry),
}

/// Arguments of commands that need only the engine and the form of the output.
#[derive(Debug, Args)]
pub(crate) struct Plain {
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Why nothing may be signed or sent.
#[derive(Debug, Args)]
pub(crate) struct Halt {
    /// Why, for the audit log
    #[arg(long, default_value = "halted from the command line")]
    reason: String,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Which failed orders.
#[derive(Debug, Args)]
pub(crate) struct Dead {
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Which failed order.
#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// The failed order
    #[arg(value_parser = order_id)]
    order_id: Uuid,
    #[command(flatten)]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

/// Runs the command.
pub(crate) async fn run(queue: &Queue) -> anyhow::Result<Verdict> {
    match queue {
        Queue::State(plain) => state(plain).await?,
        Queue::Pause(plain) => {
            let answer = plain.connection.client()?.pause().await?;
            say(
                plain.format,
                &answer,
                "paused: workers finish what they hold and take no more",
            )?;
        }
        Queue::Halt(halt) => {
            let answer = halt.connection.client()?.halt(&halt.reason).await?;
            say(
                halt.format,
                &answer,
                "halted: nothing is signed and nothing is sent until order-engine queue resume",
            )?;
        }
        Queue::Resume(plain) => {
            let answer = plain.connection.client()?.resume().await?;
            say(plain.format, &answer, "resumed")?;
        }
        Queue::Dead(dead) => list_dead(dead).await?,
        Queue::Retry(retry) => {
            let answer = retry
                .connection
                .client()?
                .retry_dead(retry.order_id)
                .await?;
            let text = format!("order {} accepted in its place", answer.order_id);
            say(retry.format, &answer, &text)?;
        }
    }
    Ok(Verdict::Good)
}

fn say(format: Format, answer: &impl serde::Serialize, text: &str) -> anyhow::Result<()> {
    if format.is_json() {
        Ok(output::json(answer)?)
    } else {
        Ok(output::line(text)?)
    }
}

async fn state(plain: &Plain) -> anyhow::Result<()> {
    let answer = plain.connection.client()?.queue().await?;
    if plain.format.is_json() {
        return Ok(output::json(&answer)?);
    }
    let queue = answer.queue;
    let state = match &answer.halted {
        Some(HaltView { since, by, reason }) => {
            let reason = reason.as_deref().unwrap_or_default();
            format!("halted by {by} since {since}: {reason}")
        }
        None if answer.paused => "paused".to_owned(),
        None => "running".to_owned(),
    };
    output::line(format!("queue        {state}"))?;
    output::line(format!(
        "waiting      {} (oldest {} ms)",
        queue.waiting, queue.oldest_ms
    ))?;
    output::line(format!("delayed      {}", queue.delayed))?;
    output::line(format!("in execution {}", queue.running))?;
    match answer.entries {
        Some(entries) => output::line(format!(
            "entries      {} ready, {} delayed, {} in flight, {} unreadable",
            entries.ready, entries.delayed, entries.in_flight, entries.dead
        ))?,
        None => output::line("entries      the queue is away; orders still end, slower")?,
    }
    for entry in &answer.dead_entries {
        output::line(format!("unreadable   {entry}"))?;
    }
    Ok(())
}

async fn list_dead(dead: &Dead) -> anyhow::Result<()> {
    let client = dead.connection.client()?;
    let answer = client
        .dead(dead.page.cursor.as_deref(), Some(dead.page.limit))
        .await?;
    if dead.format.is_json() {
        return Ok(output::json(&answer)?);
    }
    if answer.orders.is_empty() {
        return Ok(output::line("no failed orders")?);
    }
    for order in &answer.orders {
        let why = order.error_reason.as_deref().unwrap_or("no reason kept");
        output::line(format!("{}  {}", order.order_id, swap_of(order)))?;
        let attempts = match order.attempts {
            1 => "1 attempt".to_owned(),
            count => format!("{count} attempts"),
        };
        output::line(format!("    {why} ({attempts})"))?;
    }
    Ok(output::more(answer.next_cursor.as_deref())?)
}
