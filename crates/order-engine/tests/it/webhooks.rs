//! Webhooks end to end: over the programs as processes, to receivers that are processes too.

mod clustered;
mod receiver;

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use cluster::e2e::Target;
use cluster::engine::Engine;
use cluster::http::http;
use cluster::program::binary;
use serde_json::Value;
use testkit::contract::eventually;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::examples::source;
use crate::run::run;
use receiver::Receiver;

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SWAP: &str = r#"{"amount":"1"}"#;
/// No receiver needs longer to begin or to be told, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A receiver of `examples/`, and what it says.
struct Example {
    _process: Child,
    says: Lines<BufReader<ChildStdout>>,
    port: String,
}

impl Example {
    async fn start(mut command: Command) -> Result<Self> {
        command
            .env("WEBHOOK_SECRET", SECRET)
            .env("PORT", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn().context("start a receiver")?;
        let stdout = process.stdout.take().context("its output")?;
        let mut says = BufReader::new(stdout).lines();
        let first = line(&mut says).await?;
        let port = first.strip_prefix("listening on ").context("a port")?;
        Ok(Self {
            _process: process,
            port: port.to_owned(),
            says,
        })
    }
}

async fn line(says: &mut Lines<BufReader<ChildStdout>>) -> Result<String> {
    let line = tokio::time::timeout(LIMIT, says.next_line()).await;
    line.context("it says nothing")??.context("it has ended")
}

fn javascript() -> Command {
    let mut command = Command::new("node");
    command.arg(source("javascript/receive.mjs"));
    command
}

fn python() -> Command {
    let mut command = Command::new("python3");
    command.arg(source("python/receive.py"));
    command
}

fn rust() -> Command {
    Command::new(binary("examples/receive"))
}

#[tokio::test]
async fn receivers_in_three_languages_take_what_the_engine_has_signed_and_nothing_else()
-> Result<()> {
    for (name, program) in [
        ("javascript", javascript as fn() -> Command),
        ("python", python),
        ("rust", rust),
    ] {
        let mut receiver = Example::start(program()).await.context(name)?;
        let url = format!("http://127.0.0.1:{}/hooks", receiver.port);
        let engine = Engine::start(&[
            ("WEBHOOK_URL", &url),
            ("WEBHOOK_SECRET", SECRET),
            ("WEBHOOK_ALLOW_PRIVATE", "1"),
            ("SIM_LATENCY_SCALE", "0"),
            ("SWEEP_MS", "100"),
        ])
        .await?;
        let target = Target::new(vec![engine.url("")]);

        let order = target.accept(0, SWAP).await?;

        let told = line(&mut receiver.says).await.context(name)?;
        let expected = format!("order.confirmed evt_{order}_4 SOL -> USDC");
        ensure!(told == expected, "{name}: {told}");
        for (second, status) in [("1767225600", 401), ("x", 401), ("", 401)] {
            let forged = http()
                .post(&url)
                .header("webhook-id", "evt_1")
                .header("webhook-timestamp", second)
                .header("webhook-signature", "v1,AAAA v2,AAAA v1")
                .body("{}");
            let answer = forged.send().await?;
            ensure!(answer.status() == status, "{name}: {answer:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn operators_see_what_was_given_up_and_have_it_sent_again() -> Result<()> {
    let receiver = Receiver::start(503).await?;
    let engine = Engine::start(&[
        ("WEBHOOK_URL", &receiver.url()),
        ("WEBHOOK_SECRET", SECRET),
        ("WEBHOOK_ALLOW_PRIVATE", "1"),
        ("WEBHOOK_MAX_PENDING", "1"),
        ("SIM_LATENCY_SCALE", "0"),
        ("SWEEP_MS", "100"),
    ])
    .await?;
    let base = engine.url("");
    let target = Target::new(vec![base.clone()]);
    let first = target.accept(0, SWAP).await?;
    target.accept(0, SWAP).await?;
    let webhooks = async || target.get(0, "/api/admin/webhooks").await;
    let of = |answer: &Value| (answer["pending"].as_u64(), answer["dead"].as_u64());
    let listed = eventually("the older one to be given up", async || {
        let answer = webhooks().await.ok()?;
        (of(&answer) == (Some(1), Some(1))).then_some(answer)
    })
    .await;
    let id = format!("evt_{first}_4");
    let dead = &listed["webhooks"][0];
    ensure!(dead["id"] == *id && dead["status"] == "confirmed", "{dead}");
    ensure!(listed["oldestPendingAt"].is_string(), "{listed}");

    let folder = tempfile::tempdir()?;
    let command = async |arguments: &[&str]| {
        let at = ["--base-url", &base];
        run(folder.path(), &[arguments, &at].concat(), &[]).await
    };
    let shown = command(&["webhooks", "dead"]).await;
    ensure!(
        shown.stdout.contains(&format!("{id}  confirmed\n")) && shown.stdout.contains("1 dead"),
        "{shown:?}"
    );
    receiver.answer_with(204);
    let retried = command(&["webhooks", "retry", &id]).await;
    ensure!(
        retried.stdout == "1 webhook is pending again\n",
        "{retried:?}"
    );

    receiver.has(&id).await;
    let again = command(&["webhooks", "retry", &id]).await;
    ensure!(
        again.code == Some(1) && again.stderr.contains("not dead"),
        "{again:?}"
    );
    let none = command(&["webhooks", "retry", "--all", "--json"]).await;
    ensure!(none.json()[0]["success"] == true, "{none:?}");
    let wrong = format!("{base}/api/admin/webhooks/evt_1/retry");
    ensure!(http().post(wrong).send().await?.status() == 400);
    let audit = target.get(0, "/api/admin/audit").await?;
    let entries = audit["entries"].as_array().context("entries")?;
    let is_noted = entries
        .iter()
        .any(|it| it["action"] == "retry webhooks" && it["detail"] == *id);
    ensure!(is_noted, "{audit}");
    let log = std::fs::read_to_string(engine.log())?;
    ensure!(!log.contains("MfKQ9r8G"), "the secret is in the log");
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_cannot_be_used_ends_the_program() -> Result<()> {
    let folder = tempfile::tempdir()?;
    for (url, secret, says) in [
        (
            "http://127.0.0.1:8080/hunter2",
            SECRET,
            "WEBHOOK_ALLOW_PRIVATE=1",
        ),
        (
            "https://hooks.example/hunter2",
            "",
            "WEBHOOK_SECRET is not set",
        ),
        ("https://hooks.example/hunter2", "hunter2", "24 to 64 bytes"),
    ] {
        let variables = [
            ("WEBHOOK_URL", url),
            ("WEBHOOK_SECRET", secret),
            ("PORT", "0"),
        ];
        let ran = run(folder.path(), &["serve"], &variables).await;

        ensure!(ran.code == Some(2), "{ran:?}");
        let last = ran.stderr.lines().last().unwrap_or_default();
        ensure!(
            last.contains(says) && !ran.stderr.contains("hunter2"),
            "{ran:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_doctor_says_whether_the_receiver_can_be_told() -> Result<()> {
    let folder = tempfile::tempdir().context("a folder")?;
    let data = folder.path().display().to_string();
    let doctor = async |url: &str, allowed: &str| {
        let variables = [
            ("DATA_DIR", data.as_str()),
            ("WEBHOOK_URL", url),
            ("WEBHOOK_SECRET", SECRET),
            ("WEBHOOK_ALLOW_PRIVATE", allowed),
        ];
        run(folder.path(), &["doctor"], &variables).await
    };

    for url in ["http://localhost:9/hook", "http://127.0.0.1:9/hook"] {
        let refused = doctor(url, "0").await;
        let allowed = doctor(url, "1").await;

        ensure!(
            refused.code == Some(0)
                && refused.stdout.contains("warning webhooks: ")
                && refused.stdout.contains("an address of the local network")
                && refused.stdout.contains("see that WEBHOOK_URL names a host"),
            "{refused:?}"
        );
        let good = "ok      webhooks: connections to the receiver are allowed";
        ensure!(
            allowed.code == Some(0) && allowed.stdout.contains(good),
            "{allowed:?}"
        );
    }
    Ok(())
}
