//! A typed client of the engine: submits orders, follows events, and calls the operators' API. The
//! command line, the benchmarks and the tests use it.
//!
//! It must not know how the engine works inside: only CONTRACT's HTTP and WebSocket.
//!
//! Begin with `orders.rs`; following an order across reconnects is in `follow.rs`.
//!
//! # One order, followed to its end
//!
//! [`Client::submit`] makes one order at most, however often it has to send it: all tries carry one key.
//! [`Client::follow`] returns each event once and in order, over as many connections as it takes.
//!
//! ```no_run
//! use api_types::names::StatusName;
//! use api_types::submit::SubmitOrder;
//! use client::{Client, Settings};
//!
//! # async fn swap(random: fn() -> u64) -> Result<(), client::Error> {
//! let client = Client::new(Settings {
//!     base_url: "http://127.0.0.1:3000".to_owned(),
//!     api_key: None,
//!     random,
//! })?;
//! let order = SubmitOrder {
//!     token_in: Some("SOL".to_owned()),
//!     token_out: Some("USDC".to_owned()),
//!     // Text: what went through a float may have lost digits.
//!     amount: Some("1.5".to_owned()),
//!     ..SubmitOrder::default()
//! };
//! let accepted = client.submit(&order).await?;
//! let mut events = client.follow(accepted.order_id);
//! while let Some(event) = events.next().await? {
//!     println!("{} {:?}", event.seq, event.status);
//! }
//! let order = client.order(accepted.order_id).await?;
//! if order.status == StatusName::Confirmed {
//!     println!("{:?} USDC", order.amount_out);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # In doubt
//!
//! Where no answer tells whether an order was made, the error names the key. Sent again under that key, now or by
//! another process, it makes no second order. Whoever may die meanwhile makes the key first and stores it.
//!
//! ```no_run
//! # use api_types::submit::SubmitOrder;
//! # use client::{Client, Error};
//! # async fn submit(client: Client, order: SubmitOrder) -> Result<(), Error> {
//! let key = client.fresh_key();
//! match client.submit_with_key(&order, &key).await {
//!     Ok(accepted) => println!("order {}", accepted.order_id),
//!     Err(Error::InDoubt { key, .. }) => println!("nobody knows: ask again under {key}"),
//!     Err(refused) if refused.is_transient() => println!("later: {refused}"),
//!     Err(refused) => println!("never: {refused} ({:?})", refused.code()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # All orders
//!
//! ```no_run
//! # use client::{Client, ListQuery, Streamed};
//! # async fn watch(client: Client) -> Result<(), client::Error> {
//! let mut stream = client.stream();
//! // Open it first and then read the lists: nothing can happen between the two.
//! stream.open().await?;
//! let mut query = ListQuery { waiting: Some(true), ..ListQuery::default() };
//! loop {
//!     let page = client.list(&query).await?;
//!     println!("{} orders wait", page.orders.len());
//!     query.cursor = page.next_cursor;
//!     if query.cursor.is_none() {
//!         break;
//!     }
//! }
//! loop {
//!     match stream.next().await? {
//!         Streamed::Event(event) => println!("{} {:?}", event.order_id, event.status),
//!         Streamed::Resync => println!("events may be missing: read the lists again"),
//!     }
//! }
//! # }
//! ```
//!
//! # A wrong address is told at once
//!
//! ```
//! use client::{Client, Error, Settings};
//!
//! let settings = Settings { base_url: "engine:3000".to_owned(), api_key: None, random: || 4 };
//!
//! assert!(matches!(Client::new(settings), Err(Error::BaseUrl(address)) if address == "engine:3000"));
//! ```

pub mod error;
pub mod follow;
pub mod stream;

mod books;
mod doubt;
mod market;
mod operators;
mod orders;
mod socket;
mod transport;

pub use books::{BooksQuery, FillsCsv, FillsQuery};
pub use error::Error;
pub use follow::Follow;
pub use orders::ListQuery;
pub use stream::{Stream, Streamed};
pub use transport::{Client, Settings};
