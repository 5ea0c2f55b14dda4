//! Runs the guide's snippets unchanged, those of one language from top to bottom, over a real
//! engine; for a cluster all gateways are asked for the results. Also checks the documents' links
//! to each other and to tests.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::e2e::statuses;
use serde_json::Value;
use tokio::process::Command;

use crate::world::{Settings, World};

const GUIDE: &str = include_str!("../../../../docs/GUIDE.md");
/// The documents for programs that read, in the form that such programs look for.
const INDEX: &str = "llms.txt";
/// No language's snippets together need longer, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// The blocks of a language that are meant to be run, as one program.
fn program(language: &str) -> Result<String> {
    let fence = format!("```{language}");
    let mut source = String::new();
    let mut lines = GUIDE.lines();
    while lines.by_ref().any(|line| line == fence) {
        for line in lines.by_ref().take_while(|line| *line != "```") {
            source.push_str(line);
            source.push('\n');
        }
    }
    ensure!(!source.is_empty(), "the guide has nothing in {language}");
    Ok(source)
}

/// Slow enough that an order can still be cancelled.
const SLOW: Settings = &[("SIM_LATENCY_SCALE", "1")];

/// Runs a language's snippets against a gateway; what they printed.
async fn run(world: &World, language: &str, file: &str, command: &[&str]) -> Result<String> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join(file), program(language)?)?;
    let mut program = Command::new(command[0]);
    program
        .args(&command[1..])
        .arg(file)
        .current_dir(folder.path())
        .env("ORDER_ENGINE_URL", world.address())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, program.output())
        .await
        .context("the snippets do not end")?;
    let output = output.with_context(|| format!("start {}", command[0]))?;
    let printed = String::from_utf8(output.stdout)?;
    let complaint = String::from_utf8(output.stderr)?;
    ensure!(output.status.success(), "{printed}\n{complaint}");
    check_what_came_of_it(world, &printed).await?;
    Ok(printed)
}

/// Every language does the same things, so the engine is left the same.
async fn check_what_came_of_it(world: &World, printed: &str) -> Result<()> {
    let client = world.client();
    let listed = client.read("/api/orders").await?;
    let all = listed["orders"].as_array().context("a list")?;
    let (orders, waiting): (Vec<Value>, Vec<Value>) = all
        .iter()
        .cloned()
        .partition(|order| order["orderType"] == "market");
    check_those_that_wait(&waiting)?;
    let statuses = statuses(&orders);
    ensure!(
        statuses.len() == 3 && statuses[0] == "cancelled" && statuses[2] == "confirmed",
        "{statuses:?}: {printed}"
    );
    ensure!(orders[1]["clientOrderId"] == "desk-1", "{}", orders[1]);
    for order in [&orders[0], &orders[2]] {
        let id = order["orderId"].as_str().context("an id")?;
        ensure!(printed.contains(id), "{id} was not told: {printed}");
    }
    let queue = client.read("/api/admin/queue").await?;
    ensure!(queue["paused"] == Value::Bool(false), "{queue}");
    for told in ["confirmed", "cancelled", "invalid_order"] {
        ensure!(printed.contains(told), "`{told}` was not told: {printed}");
    }
    Ok(())
}

/// One of each kind, the newest first. Whether the sniper has bought by now is for others to see.
fn check_those_that_wait(orders: &[Value]) -> Result<()> {
    let kinds: Vec<&Value> = orders.iter().map(|order| &order["orderType"]).collect();
    let expected = ["sniper", "trailing_stop", "take_profit", "stop", "limit"];
    ensure!(kinds == expected, "{kinds:?}");
    for order in &orders[1..] {
        ensure!(order["waiting"]["for"] == "price", "{order}");
    }
    ensure!(orders[4]["limitPrice"] == "99999", "{}", orders[4]);
    ensure!(orders[0]["requireRenounced"] == true, "{}", orders[0]);
    Ok(())
}

async fn the_guides_shell_snippets_do_what_they_say(world: &mut World) -> Result<()> {
    run(world, "sh", "guide.sh", &["bash", "-euo", "pipefail"])
        .await
        .map(drop)
}

async fn the_guides_javascript_snippets_do_what_they_say(world: &mut World) -> Result<()> {
    let printed = run(world, "js", "guide.mjs", &["node"]).await?;

    ensure!(printed.contains("and the same again: true"), "{printed}");
    Ok(())
}

async fn the_guides_python_snippets_do_what_they_say(world: &mut World) -> Result<()> {
    let printed = run(world, "python", "guide.py", &["python3"]).await?;

    ensure!(printed.contains("and the same again: True"), "{printed}");
    Ok(())
}

mod process {
    use crate::guide;
    use crate::world::{World, over_process};

    over_process! { World:
        guide::the_guides_shell_snippets_do_what_they_say(guide::SLOW),
        guide::the_guides_javascript_snippets_do_what_they_say(guide::SLOW),
        guide::the_guides_python_snippets_do_what_they_say(guide::SLOW),
    }
}

/// The snippets of all languages use the same names, so over a cluster one language is enough.
mod clustered {
    use crate::guide;
    use crate::world::{World, over_cluster};

    over_cluster! {
        #[ignore = "repeats over a cluster what holds over one process; scripts/test --full runs it"]
        World: a_gateway_does_what_the_guide_says(guide::SLOW):
        guide::the_guides_javascript_snippets_do_what_they_say,
    }
}

#[test]
fn every_block_of_the_guide_is_run_or_says_that_it_is_not() {
    let opening = GUIDE
        .lines()
        .filter(|line| line.starts_with("```") && *line != "```");

    for fence in opening {
        let (language, mark) = fence[3..].split_once(' ').unwrap_or((&fence[3..], ""));
        assert!(["sh", "js", "python"].contains(&language), "{fence}");
        assert!(["", "not-run"].contains(&mark), "{fence}");
    }
}

#[test]
fn every_link_between_the_documents_leads_somewhere() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut links = 0;
    for folder in [
        "",
        "docs",
        "docs/adr",
        "examples",
        "clients/typescript",
        "clients/python",
    ] {
        let folder = root.join(folder);
        for file in std::fs::read_dir(&folder)? {
            let path = file?.path();
            let is_index = path.file_name().is_some_and(|name| name == INDEX);
            if !is_index && path.extension().is_none_or(|ending| ending != "md") {
                continue;
            }
            let text = std::fs::read_to_string(&path)?;
            for link in text.split("](").skip(1) {
                let target = link.split([')', '#']).next().unwrap_or_default();
                if target.is_empty() || target.contains("://") {
                    continue;
                }
                links += 1;
                let place = path.display();
                ensure!(folder.join(target).exists(), "{place} links to {target}");
            }
        }
    }
    ensure!(links > 20, "only {links} links were found");
    Ok(())
}

#[test]
fn the_index_for_programs_names_every_document_with_a_sentence() -> Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let index = std::fs::read_to_string(docs.join(INDEX))?;

    ensure!(index.starts_with("# "), "it begins with a title");
    ensure!(index.contains("\n\n> "), "a summary follows");
    let entries: Vec<&str> = index
        .lines()
        .filter(|line| line.starts_with("- "))
        .collect();
    for entry in &entries {
        let (link, told) = entry
            .split_once("): ")
            .with_context(|| (*entry).to_owned())?;
        ensure!(link.starts_with("- [") && link.contains("]("), "{entry}");
        ensure!(!told.is_empty(), "{entry}");
    }
    for file in std::fs::read_dir(&docs)? {
        let name = file?.file_name().into_string().ok().context("a name")?;
        let is_document = name.ends_with(".md") || name.ends_with(".json");
        let link = format!("]({name}): ");
        let is_there = entries.iter().any(|entry| entry.contains(&link));
        ensure!(
            !is_document || is_there,
            "docs/{INDEX} does not name {name}"
        );
    }
    Ok(())
}

#[test]
fn every_test_that_the_failures_are_proved_by_exists() -> Result<()> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let code = all_code(&crates)?;
    let table = std::fs::read_to_string(crates.join("../docs/FAILURES.md"))?;
    // A test's name is a sentence; settings have fewer words.
    let named =
        |quoted: &&str| quoted.matches('_').count() >= 3 && !quoted.contains(['.', ' ', '/']);
    let mut names = 0;
    for name in table.split('`').skip(1).step_by(2).filter(named) {
        names += 1;
        let begin = name.trim_end_matches('…');
        ensure!(code.contains(&format!(" {begin}")), "there is no {name}");
    }
    ensure!(names > 50, "only {names} names were found");
    Ok(())
}

/// The text of every source file below a folder.
fn all_code(folder: &Path) -> Result<String> {
    let mut code = String::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            code += &all_code(&path)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            code += &std::fs::read_to_string(&path)?;
        }
    }
    Ok(code)
}
