//! The order API over real processes, as a trading client sees it. Every answer is also checked
//! against the API's document.
//!
//! 1. An order is cancelled, or executed, and never both.
//! 2. An order whose time ran out is not executed.
//! 3. A request that is repeated is one order; a request that is refused is none.
//! 4. Orders of one key are invisible to other keys, on every endpoint.
//! 5. A page of another site cannot trade.
//! 6. Nobody waits for another client's flood.
//! 7. A stored order is announced, counted and uses its client's limit, whatever becomes of the
//!    connection.
//!
//! Each case is written once and runs twice: over a separate engine in one process, and, each call
//! on the next gateway, over a cluster that cases with the same settings share. There every case is
//! a separate client and leaves no pause behind. Cases of what a gateway decides alone, without
//! store, queue or feed, run only over one process; they say so.

mod cancel;
mod clustered;
mod expiry;
mod fairness;
mod keys;
mod limits;
mod nested;
mod once;
mod operators;
mod process;
mod resets;
mod sites;
mod sockets;

use crate::world::Settings;
use crate::world::caller::{EXECUTE, is_terminal};

const SWAP: &str = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.25"}"#;
/// Two clients and the operators.
const KEYS: Settings = &[("API_KEYS", "desk:alpha,fund:beta"), ("ADMIN_KEY", "root")];
