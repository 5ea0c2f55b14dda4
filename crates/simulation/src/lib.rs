//! The engine in a world that a seed determines: the real intake, worker, sweeper and replay over
//! the embedded backends called inline, on one thread, in virtual time. Requests and answers get
//! lost, come late or twice; processes die, freeze and come back; blocks vanish; the store's clock is set
//! back and forth. One seed is one schedule, and the same seed repeats it exactly.
//!
//! What must hold for every seed (`witness.rs` checks after every write, and at the end):
//! - **S1** At most one execution of an order lands, ever.
//! - **S2** An order is confirmed if and only if exactly one execution landed, and it is the one
//!   named; but for one whose block vanished for good (S14).
//! - **S3** Events count from 0 without a gap, follow one another legally, and never change (I3).
//! - **S4** No signature is sent that the store does not know (I4).
//! - **S5** Another transaction is signed for a further execution, and stored, only once every
//!   earlier one is dead (I2, I5).
//! - **S6** One idempotency key is one order and one answer, byte for byte.
//! - **S7** A cancellation and an execution have one winner. If a client learned that an order is
//!   cancelled, the order is cancelled and nothing of it landed; if it learned that it was too
//!   late, the order is never cancelled, but in favour of another of its group.
//! - **S8** Every follower sees every event once and in order, across disconnects and gateways.
//! - **S9** Once the faults have stopped, every accepted order ends, and everything stops when
//!   asked to.
//! - **S10** No order meets a defect of the engine.
//! - **S11** Nothing is submitted at or after its order's expiry, by the order's own time, which
//!   never goes back although the store's clock does.
//! - **S12** No order is blamed for more deaths than workers may have died with it since its last
//!   event, and none ends as poison with fewer deaths than that takes. While an order must be alone
//!   in a worker's hands, it is.
//! - **S13** A gateway announces what it has stored to the feed, unless it dies: also if the client
//!   has gone, and if the store did not answer.
//! - **S14** Although blocks vanish, a confirmed order becomes final with the transaction that it names, or it is told
//!   that this vanished and is dead. It never gets another one.
//! - **S15** Nothing is signed and nothing is sent from the confirmation of a halt to its end.
//! - **S16** Where it is counted what transactions spend, what is counted at the end is what the orders' events say:
//!   each fill and each fee of a revert once, and nothing under way.
//! - **S17** An order that waits for a price fires at no other, and no order brings less than its floor.
//! - **S18** Of an OCO group one order at a time is executed, and one at most is confirmed.
//!
//! Beside schedules there are hours (`hours.rs`): at the pace of life, with an observer that sees every block's prices, so
//! that it is also judged what does not fire (S19).
//!
//! It must not know any server, file or thread.
//!
//! The tests run a fixed number of seeds. To run many more, on every core, until one breaks a
//! promise: `cargo run --release -p simulation -- --schedules 100000`. To repeat one, with its last
//! steps: `SIMULATION_SEED=109 cargo test -p simulation`.
//!
//! Begin with `schedule.rs`: how one seed runs.

mod actors;
mod faults;
mod gateways;
mod hours;
mod pace;
mod process;
mod schedule;
mod steady;
mod witness;
mod workers;
mod world;

pub use actors::client::{Connections, Doubters};
pub use hours::{Hour, pass};
pub use schedule::{Report, Violated, run};
