//! What a signer keeps to itself, and with what it does not start.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chain_solana::keys::Signer as _;
use cluster::KeyFile;
use domain::Address;
use nix::sys::signal::Signal;

use super::{Signer, sale, variables};
use crate::run::{Ran, run};

const LIMITS: &str = "USDC:5/day,fees:1/day";

#[tokio::test]
async fn the_key_is_in_no_list_of_processes_no_log_no_answer_and_no_core_dump() -> Result<()> {
    let mut signer = Signer::start(LIMITS).await?;
    let client = signer.client().await?;
    client.sign(&sale(client.address(), 1)?).await?;
    let refused = client.sign(b"nonsense").await.err().context("a refusal")?;
    let key = signer.wallet.text()?;
    let numbers = key.trim_matches(['[', ']']).to_owned();
    let base58 = Address::new(signer.wallet.key()?.to_bytes()).to_string();
    let pid = signer.process()?.pid();
    let of_process = |file: &str| {
        // What its user may not even read shows nothing.
        let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };

    let mut told = of_process("cmdline") + &of_process("environ") + &refused.to_string();
    let limits = of_process("limits");
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let core: Vec<&str> = core.context("a limit")?.split_whitespace().collect();
    ensure!(core[4..6] == ["0", "0"], "{limits}");
    signer.process()?.signal(Signal::SIGABRT)?;
    let limit = Duration::from_secs(30);
    signer.process()?.exited(limit).await?;
    told += &signer.process()?.output();

    for secret in [numbers.as_str(), &base58] {
        ensure!(!told.contains(secret), "the key is told");
    }
    ensure!(told.contains(&signer.wallet.address), "{told}");
    let files = fs::read_dir(signer.folder.path())?;
    for file in files {
        let name = file?.file_name();
        ensure!(!name.to_string_lossy().starts_with("core"), "{name:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_socket_is_its_users_alone_and_goes_with_the_signer() -> Result<()> {
    let mut signer = Signer::start(LIMITS).await?;
    let mode = fs::metadata(signer.socket())?.permissions().mode();
    let folder = signer.socket().parent().context("a folder")?.to_owned();
    let around = fs::metadata(folder)?.permissions().mode();

    let ended = signer.process()?.terminate(Duration::from_secs(30)).await?;

    ensure!(
        (mode & 0o777, around & 0o777) == (0o600, 0o700),
        "{mode:o} {around:o}"
    );
    ensure!(ended.code() == Some(0), "{ended}");
    ensure!(!signer.socket().exists());
    Ok(())
}

/// Runs a signer that does not start.
async fn refused(folder: &Path, wallet: &KeyFile, changed: &[(&str, &str)]) -> Ran {
    let usual = variables(folder, wallet, LIMITS);
    let is_changed = |name: &str| changed.iter().any(|(other, _)| *other == name);
    let kept = usual.iter().filter(|(name, _)| !is_changed(name));
    let kept = kept.map(|(name, value)| (name.as_str(), value.as_str()));
    let all: Vec<_> = kept.chain(changed.iter().copied()).collect();
    run(folder, &["signer"], &all).await
}

#[tokio::test]
async fn a_wrong_setting_is_named_in_one_line_with_exit_code_2() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let wallet = KeyFile::make(&folder.path().join("wallet.json"))?;
    let open = folder.path().join("open");
    fs::create_dir(&open)?;
    fs::set_permissions(&open, Permissions::from_mode(0o777))?;
    let in_open = open.join("file").display().to_string();
    let readable = KeyFile::make(&folder.path().join("readable.json"))?;
    fs::set_permissions(&readable.path, Permissions::from_mode(0o644))?;
    let readable = readable.path.display().to_string();
    for (variable, value, told) in [
        ("SIGNER_KEY_FILE", "", "SIGNER_KEY_FILE is not set"),
        ("SIGNER_KEY_FILE", "/nowhere.json", "cannot be read"),
        ("SIGNER_KEY_FILE", &readable, "mode 644"),
        ("SIGNER_LIMITS", "", "SIGNER_LIMITS is not set"),
        ("SIGNER_LIMITS", "USDC:5/day", "a limit of fees is missing"),
        (
            "SIGNER_LIMITS",
            "HAT:5/day,fees:1/day",
            "is no token of the token list",
        ),
        ("SIGNER_MAX_PER_MINUTE", "0", "1 to 60000"),
        ("SIGNER_SOCKET", &in_open, "can be written by others"),
        ("SIGNER_JOURNAL", &in_open, "can be written by others"),
        ("SIGNER_POOLS", "/nowhere", "a file with pools' addresses"),
        ("SIGNER_TABLES", "/nowhere", "a file with lookup tables"),
        ("SIGNER_USER", "nobody", "0 to 4294967295"),
    ] {
        let ran = refused(folder.path(), &wallet, &[(variable, value)]).await;

        ensure!(ran.code == Some(2), "{variable}={value}: {ran:?}");
        ensure!(
            ran.stderr.lines().count() == 1,
            "{variable}={value}: {ran:?}"
        );
        ensure!(
            ran.stderr.contains(variable) && ran.stderr.contains(told),
            "{told}: {ran:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_second_signer_with_the_same_journal_does_not_start() -> Result<()> {
    let signer = Signer::start(LIMITS).await?;
    let folder = signer.folder.path();
    let elsewhere = folder.join("other.sock").display().to_string();

    let ran = refused(folder, &signer.wallet, &[("SIGNER_SOCKET", &elsewhere)]).await;

    ensure!(ran.code == Some(1), "{ran:?}");
    ensure!(
        ran.stderr.contains("belongs to a signer that runs"),
        "{ran:?}"
    );
    Ok(())
}
