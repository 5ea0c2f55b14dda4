//! Kill -9 between the journal and the answer: a limit is never passed.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chain_solana::keys::{Error, Signer as _};

use super::{Signer, sale};

/// How many messages the day's limit allows.
const ALLOWED: usize = 12;
/// At which message a signer ends, one start after another.
const DEATHS: [usize; 3] = [1, 3, 2];
const END_LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_signer_killed_between_its_journal_and_its_answer_never_passes_a_limit() -> Result<()> {
    let limits = format!("USDC:{ALLOWED}/day,fees:1/day");
    let mut signer = Signer::start(&limits).await?;
    let wallet = signer.client().await?.address();
    let (mut numbers, mut counted) = (1_u32.., 0);
    let mut next = || sale(wallet, numbers.next().unwrap_or(0));
    for nth in DEATHS {
        signer.set("CRASH_POINT", &format!("journaled:{nth}"));
        signer.restart().await?;
        let client = signer.client().await?;
        for _ in 1..nth {
            client.sign(&next()?).await?;
        }
        let fatal = next()?;

        let answer = client.sign(&fatal).await;

        ensure!(
            matches!(answer, Err(Error::Unavailable { .. })),
            "{answer:?}"
        );
        signer.process()?.exited(END_LIMIT).await?;
        signer.set("CRASH_POINT", "");
        signer.restart().await?;
        // It is written down and counts, so that it may be asked for again.
        signer.client().await?.sign(&fatal).await?;
        counted += nth;
    }
    let client = signer.client().await?;
    for _ in counted..ALLOWED {
        client.sign(&next()?).await?;
    }

    let beyond = client.sign(&next()?).await;

    ensure!(matches!(beyond, Err(Error::Limited(_))), "{beyond:?}");
    Ok(())
}

#[tokio::test]
async fn whatever_the_moment_of_a_kill_no_more_is_signed_than_the_limit() -> Result<()> {
    let limits = format!("USDC:{ALLOWED}/day,fees:1/day");
    let mut signer = Signer::start(&limits).await?;
    let wallet = signer.client().await?.address();
    let mut signed = 0;
    for round in 0..12_u32 {
        let mut asking = tokio::task::JoinSet::new();
        for number in 0..4 {
            let client = signer.client().await?;
            let message = sale(wallet, 10 * round + number)?;
            asking.spawn(async move { client.sign(&message).await.is_ok() });
        }
        // The first answer is the sign to kill it among the others.
        let first = asking.join_next().await.context("an answer")??;
        signer.kill()?;
        let others = asking.join_all().await.into_iter();
        signed += others.chain([first]).filter(|signed| *signed).count();
        signer.restart().await?;
    }

    ensure!(signed <= ALLOWED, "{signed} were signed");
    let text = fs::read_to_string(signer.journal())?;
    let counted = text.lines().find_map(|line| {
        let counted = line.strip_prefix("sum ")?.split(' ').nth(2)?;
        line.contains(&super::USDC.to_string())
            .then(|| counted.parse::<usize>().ok())?
    });
    let counted = counted.context("what counts")? / 1_000_000;
    ensure!(
        counted >= signed && counted <= ALLOWED,
        "{counted} count, {signed} were signed"
    );
    Ok(())
}
