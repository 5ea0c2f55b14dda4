//! Orders in doubt, because no answer told their client whether they were made: over a store that stalls,
//! and over a network that loses every answer.
//!
//! 1. No gateway says "nothing was changed" about a request whose key it could not look up.
//! 2. Every client keeps the key of such an order and shows it to the person.
//! 3. That key makes one order, whatever was tried meanwhile.
//!
//! Only a store that is a separate server can stall while its gateway runs: those cases run over a cluster.

use anyhow::{Context, Result, ensure};

use crate::examples::network::Network;
use crate::run::{Ran, run};
use crate::world::World;
use crate::world::caller::{Answer, Caller, EXECUTE, PATIENCE, POLL};

const ORDER: &str = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1"}"#;
/// What a command says before the key.
const FLAG: &str = "--idempotency-key ";

/// A refusal that ends no doubt and says so.
fn check_leaves_the_doubt(answer: &Answer) -> Result<()> {
    let problem = answer.refusal(503, "outcome_unknown")?;
    let detail = problem["detail"].as_str().context("a detail")?;
    ensure!(!detail.contains("nothing was changed"), "{problem}");
    ensure!(detail.contains("same Idempotency-Key"), "{problem}");
    ensure!(answer.header("retry-after").is_some(), "{answer:?}");
    Ok(())
}

async fn hand_in(caller: &Caller, key: &str) -> Result<Answer> {
    let key = [("Idempotency-Key", key)];
    caller.call("POST", EXECUTE, &key, Some(ORDER)).await
}

/// Repeats until the engine has healed.
async fn accepted(caller: &Caller, key: &str) -> Result<()> {
    let repeating = async {
        while hand_in(caller, key).await?.status != 201 {
            tokio::time::sleep(POLL).await;
        }
        anyhow::Ok(())
    };
    let in_time = tokio::time::timeout(PATIENCE, repeating).await;
    in_time.context("no repeat is accepted")?
}

pub(crate) async fn one_order_was_made(caller: &Caller) -> Result<()> {
    let orders = caller.listed().await?;
    ensure!(orders.len() == 1, "{} orders were made", orders.len());
    Ok(())
}

async fn a_repeat_that_cannot_be_looked_up_is_not_told_that_nothing_was_changed(
    world: &mut World,
) -> Result<()> {
    let caller = world.client();

    let frozen = world.freeze_store()?;
    let mut answers = vec![hand_in(&caller.on(0), "doubt").await?];
    for gateway in [0, 1, 0, 1] {
        answers.push(hand_in(&caller.on(gateway), "doubt").await?);
    }
    frozen.thaw();

    for answer in &answers {
        check_leaves_the_doubt(answer)?;
    }
    accepted(&caller, "doubt").await?;
    one_order_was_made(&caller).await
}

/// Without a key nobody can look for an earlier try, and this one was not sent to the store.
async fn without_a_key_what_was_not_sent_to_the_store_is_refused_as_such(
    world: &mut World,
) -> Result<()> {
    let caller = world.client().on(0);
    // So that there is a connection on which the next one hangs.
    let before = caller.submit(ORDER).await?;
    ensure!(before.status == 201, "{before:?}");

    let frozen = world.freeze_store()?;
    let hung = caller.submit(ORDER).await?;
    let refused = caller.submit(ORDER).await?;
    frozen.thaw();

    hung.refusal(503, "outcome_unknown")?;
    let problem = refused.refusal(503, "store_unavailable")?;
    ensure!(
        problem["detail"] == "the store does not answer; nothing was changed",
        "{problem}"
    );
    world.heals().await
}

/// Runs `order-engine submit` for this client against an address.
async fn submit(client: &Caller, base_url: &str, more: &[&str]) -> Result<Ran> {
    let folder = tempfile::tempdir()?;
    let args = [&["submit", "SOL", "USDC", "1", "--detach"], more].concat();
    let mut variables = vec![("ORDER_ENGINE_URL", base_url)];
    variables.extend(client.key().map(|key| ("API_KEY", key)));
    Ok(run(folder.path(), &args, &variables).await)
}

/// The key that a command has printed, if everything that it printed is true.
fn named_key(ran: &Ran) -> Result<String> {
    ensure!(ran.code == Some(4), "{ran:?}");
    ensure!(!ran.stderr.contains("nothing was changed"), "{ran:?}");
    let (_, key) = ran
        .stderr
        .rsplit_once(FLAG)
        .with_context(|| format!("no key: {ran:?}"))?;
    let end = key.find(|end: char| !end.is_ascii_alphanumeric());
    Ok(key[..end.unwrap_or(key.len())].to_owned())
}

async fn the_command_line_keeps_and_names_the_key_while_the_store_stands_still(
    world: &mut World,
) -> Result<()> {
    let client = world.client();

    let frozen = world.freeze_store()?;
    let in_doubt = submit(&client, &world.address(), &[]).await?;
    frozen.thaw();
    let key = named_key(&in_doubt)?;
    world.heals().await?;
    let repeated = submit(&client, &world.address(), &["--idempotency-key", &key]).await?;

    ensure!(repeated.code == Some(0), "{repeated:?}");
    one_order_was_made(&client).await
}

async fn the_command_line_names_the_key_where_no_answer_comes(world: &mut World) -> Result<()> {
    let client = world.client();
    let network = Network::that_loses_every_answer(world.doors()).await?;

    let in_doubt = submit(&client, &network.url(), &["--json"]).await?;
    let key = named_key(&in_doubt)?;
    let repeated = submit(&client, &client.url(""), &["--idempotency-key", &key]).await?;

    ensure!(repeated.code == Some(0), "{repeated:?}");
    one_order_was_made(&client).await
}

/// Many at once: whichever of them is in doubt is named, however many there are.
async fn every_order_of_a_simulation_that_is_in_doubt_is_named(world: &mut World) -> Result<()> {
    const COUNT: usize = 8;
    let client = world.client();
    // Says that it is well, and takes orders whose answers nobody hears.
    let network = Network::that_loses_answers_to_orders(world.doors()).await?;
    let folder = tempfile::tempdir()?;
    let url = network.url();
    let mut variables = vec![("ORDER_ENGINE_URL", &*url)];
    variables.extend(client.key().map(|key| ("API_KEY", key)));

    for format in [&[][..], &["--json"]] {
        let args = [&["simulate", "--count", "8"], format].concat();
        let ran = run(folder.path(), &args, &variables).await;

        ensure!(ran.code == Some(1), "{ran:?}");
        let said = ran.stdout + &ran.stderr;
        let named = said.matches(FLAG).count();
        ensure!(named == COUNT, "{named} of {COUNT} are named: {said}");
    }
    Ok(())
}

mod process {
    use crate::doubt;
    use crate::world::{NONE, World, over_process};

    over_process! { World:
        doubt::the_command_line_names_the_key_where_no_answer_comes(NONE),
        doubt::every_order_of_a_simulation_that_is_in_doubt_is_named(NONE),
    }
}

mod clustered {
    use crate::doubt;
    use crate::world::{CLIENTS, OPERATORS, Settings, World, over_cluster};

    const KEYS: Settings = &[CLIENTS, OPERATORS];

    over_cluster! { World: orders_in_doubt_beside_a_store_that_stands_still_are_made_once(KEYS):
        doubt::a_repeat_that_cannot_be_looked_up_is_not_told_that_nothing_was_changed,
        doubt::without_a_key_what_was_not_sent_to_the_store_is_refused_as_such,
        doubt::the_command_line_keeps_and_names_the_key_while_the_store_stands_still,
        doubt::the_command_line_names_the_key_where_no_answer_comes,
    }
}
