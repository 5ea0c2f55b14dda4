//! The dashboard in a real browser, over a real engine: each task that people come to it with.
//!
//! 1. Nothing unexpected is ever on the console.
//! 2. What the page says is what the API says.
//! 3. Every screen can be used by keyboard and screen reader, on a phone, in both themes.

mod access;
mod browser;
mod keys;
mod operators;
mod orders;
mod outage;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use testkit::e2e::Target;
use testkit::engine::Engine;

/// An order that no venue can fill: its floor is beyond every price.
const HOPELESS: &str =
    r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1","minAmountOut":"99999999"}"#;
const MODEST: &str = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.5"}"#;

async fn engine(variables: &[(&str, &str)]) -> Result<(Engine, Target)> {
    let engine = Engine::start(variables).await?;
    let target = Target::new(vec![engine.url("")]);
    Ok((engine, target))
}

/// The order as the API shows it, once it has ended.
async fn ended(target: &Target, order_id: &str) -> Result<Value> {
    let url = target.ws_url(0, &format!("/ws/orders/{order_id}"));
    testkit::e2e::socket::follow(&url).await?;
    let answer = target.get(0, &format!("/api/orders/{order_id}")).await?;
    Ok(answer["order"].clone())
}

/// The number that a JSON field holds.
fn number(value: &Value, pointer: &str) -> Result<u64> {
    let found = value.pointer(pointer).and_then(Value::as_u64);
    found.with_context(|| format!("`{pointer}` is not a number in {value}"))
}

/// A JavaScript expression: the text of the first element that `css` names.
fn text_of(css: &str) -> String {
    format!("document.querySelector({}).innerText", json!(css))
}
