//! A short run of `scripts/fuzz-doors`: every kind of input to every endpoint. The same seed each
//! time; the long runs use others.

use anyhow::{Result, ensure};
use cluster::doors::{self, Plan};

const PLAN: Plan = Plan {
    requests: 3_000,
    seed: 1,
};

#[tokio::test]
async fn no_request_header_frame_or_message_ends_the_engine_or_holds_it_up() -> Result<()> {
    let verdict = doors::run(PLAN).await?;

    ensure!(verdict.holds(), "{verdict}");
    ensure!(verdict.sent() >= PLAN.requests, "{verdict}");
    Ok(())
}
