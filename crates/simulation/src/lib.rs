//! The engine in a world that a seed decides: the real intake, worker, sweeper and replay over the
//! embedded backends called inline, on one thread, in virtual time, while requests and answers get lost,
//! come late or twice, processes die, freeze and come back, and the store's clock is set back and forth. One seed is one schedule, and the same
//! seed is the same schedule again.
//!
//! What must hold, whatever the seed (`witness.rs` looks after every write, and at the end):
//! - **S1** At most one execution of an order lands, ever.
//! - **S2** An order is confirmed if and only if exactly one execution landed, and it is the one named.
//! - **S3** Events count from 0 without a gap, follow one another legally, and never change (I3).
//! - **S4** No signature is sent that the store does not know (I4).
//! - **S5** Another transaction is signed for a further execution, and another attempt stored, only once
//!   every earlier one is dead (I2, I5).
//! - **S6** One idempotency key is one order and one answer, byte for byte.
//! - **S7** A cancellation and an execution have one winner: whoever was told that an order is cancelled finds
//!   it cancelled, and nothing of it landed; what came too late to be cancelled is never cancelled after all.
//! - **S8** Every watcher is shown every event once and in order, across cuts and gateways.
//! - **S9** Once the faults have stopped, every accepted order ends, and everything stops when asked to.
//! - **S10** No order meets a defect of the engine.
//! - **S11** Nothing is submitted at or after its order's expiry, by the order's own time, which never goes back
//!   although the store's clock does.
//! - **S12** No order is blamed for more deaths than workers may have died with it since its last event, nor
//!   poison with fewer than it takes, and while one is to be alone in a worker's hands, it is.
//! - **S13** What a gateway has stored it tells to the feed, unless it dies: also where the client that asked is
//!   gone, and where the store did not say so.
//!
//! It must not know of any server, file or thread.
//!
//! The tests run a fixed number of seeds. Many more, on every core, until one breaks a promise:
//! `cargo run --release -p simulation -- --schedules 100000`. One again, with its last steps:
//! `SIMULATION_SEED=109 cargo test -p simulation`.
//!
//! Begin with `schedule.rs`: how one seed runs.

mod actors;
mod faults;
mod gateways;
mod process;
mod schedule;
mod witness;
mod workers;
mod world;

pub use actors::client::{Connections, Doubters};
pub use schedule::{Report, Violated, run};
