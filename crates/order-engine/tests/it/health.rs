//! `order-engine health`, by which container engines tell whether a process lives.

use anyhow::{Context, Result};
use servers::free_port::free_port;

use crate::run::run;
use crate::world::World;

/// Of every process: over a cluster of gateways, workers and the simulated Solana cluster.
pub(crate) async fn health_is_silent_and_ends_with_zero_where_a_process_answers(
    world: &mut World,
) -> Result<()> {
    let folder = tempfile::tempdir()?;
    for address in world.processes() {
        let (_, port) = address.rsplit_once(':').context("a port")?;

        // By its variable, as in a container, and by its flag.
        let by_variable = run(folder.path(), &["health"], &[("PORT", port)]).await;
        let by_flag = run(folder.path(), &["health", "--port", port], &[]).await;

        for ran in [by_variable, by_flag] {
            assert_eq!(ran.code, Some(0), "{address}: {ran:?}");
            assert!(ran.stdout.is_empty() && ran.stderr.is_empty(), "{ran:?}");
        }
    }
    Ok(())
}

mod process {
    use crate::health;
    use crate::world::{NONE, World, over_process};

    over_process! { World:
        health::health_is_silent_and_ends_with_zero_where_a_process_answers(NONE),
    }
}

#[tokio::test]
async fn health_fails_with_one_line_where_nothing_answers() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().to_string();

    let ran = run(folder.path(), &["health", "--port", &port], &[]).await;

    assert!(ran.code.is_some_and(|code| code != 0), "{ran:?}");
    assert!(ran.stdout.is_empty(), "{ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    assert!(ran.stderr.contains(&port), "{ran:?}");
}
