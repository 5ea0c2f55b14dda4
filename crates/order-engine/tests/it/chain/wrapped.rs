//! Orders for SOL wrap it into accounts of their own: the wallet's own account for wrapped SOL is left alone.

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cluster::e2e::{Target, load, text};
use ed25519_dalek::{Signer as _, SigningKey};
use futures_util::try_join;
use serde_json::{Value, json};
use sim_chain::bank::address::{ASSOCIATED_TOKEN, SYSTEM, TOKEN, WRAPPED_SOL, associated_token};
use sim_chain::cluster::GENESIS_HASH;
use sim_chain::market::engine_key;

use super::{Node, engine_and_node};

const WRAPPED_LAMPORTS: u64 = 3_000_000_007;
/// Looks at a transaction that was sent.
const LOOKS_MAX: usize = 500;

#[tokio::test]
async fn ten_orders_at_once_leave_the_wallets_own_wrapped_sol_untouched() -> Result<()> {
    let (engine, node) = engine_and_node(&[]).await?;
    let target = Target::new(vec![engine.url("")]);
    wrapped_sol_stays(&target, &node, &engine_key(&GENESIS_HASH)).await
}

/// The wallet of this key, with which the engine trades, has as much wrapped SOL after ten orders as before.
pub(crate) async fn wrapped_sol_stays(
    target: &Target,
    node: &Node,
    key: &SigningKey,
) -> Result<()> {
    let own = node.wrap(key, WRAPPED_LAMPORTS).await?;
    let before = node.account(&own).await?;

    let sell = r#"{"tokenIn":"SOL","tokenOut":"USDC","amount":"1.5"}"#;
    let buy = r#"{"tokenIn":"USDC","tokenOut":"SOL","amount":"200"}"#;
    let (sold, bought) = try_join!(load::run(target, 5, sell), load::run(target, 5, buy))?;

    ensure!(
        sold.confirmed + bought.confirmed == 10,
        "{sold:?}, {bought:?}"
    );
    let after = node.account(&own).await?;
    ensure!(after == before, "{after} was {before}");
    ensure!(before["owner"] == TOKEN.to_string(), "{before}");
    let balance = node
        .value(
            "getTokenAccountBalance",
            json!([own, {"commitment": "confirmed"}]),
        )
        .await?;
    ensure!(
        text(&balance, "amount")?.parse() == Ok(WRAPPED_LAMPORTS),
        "{balance}"
    );
    // Nor is any of the orders' own accounts left.
    let wallet = target.get(0, "/api/wallet").await?;
    let of = json!({"mint": WRAPPED_SOL.to_string()});
    let settings = json!({"encoding": "base64", "commitment": "confirmed"});
    let held = node
        .value(
            "getTokenAccountsByOwner",
            json!([text(&wallet, "address")?, of, settings]),
        )
        .await?;
    let held = held.as_array().context("accounts")?;
    ensure!(held.len() == 1 && held[0]["pubkey"] == own, "{held:?}");
    Ok(())
}

impl Node {
    async fn account(&self, address: &str) -> Result<Value> {
        let settings = json!({"encoding": "base64", "commitment": "confirmed"});
        self.value("getAccountInfo", json!([address, settings]))
            .await
    }

    /// Gives the wallet of this key so much wrapped SOL in its own account, by a transaction that it signs. Returns the
    /// account.
    async fn wrap(&self, key: &SigningKey, lamports: u64) -> Result<String> {
        let wallet = key.verifying_key().to_bytes();
        let account = associated_token(&wallet.into(), &WRAPPED_SOL, &TOKEN);
        let hash = self
            .value("getLatestBlockhash", json!([{"commitment": "confirmed"}]))
            .await?;
        let hash: domain::Address = text(&hash, "blockhash")?.parse()?;
        let keys = [
            &wallet,
            account.as_array(),
            WRAPPED_SOL.as_array(),
            SYSTEM.as_array(),
            TOKEN.as_array(),
            ASSOCIATED_TOKEN.as_array(),
        ];
        // One signer; the last four are read only.
        let mut message = vec![1, 0, 4, 6];
        message.extend(keys.into_iter().flatten());
        message.extend(hash.bytes());
        let transfer = [&2_u32.to_le_bytes()[..], &lamports.to_le_bytes()].concat();
        let instructions: [(u8, &[u8], &[u8]); 3] = [
            (5, &[0, 1, 0, 2, 3, 4], &[1]),
            (3, &[0, 1], &transfer),
            // SyncNative.
            (4, &[1], &[17]),
        ];
        message.push(3);
        for (program, accounts, data) in instructions {
            for part in [
                &[program][..],
                &length(accounts)?,
                accounts,
                &length(data)?,
                data,
            ] {
                message.extend(part);
            }
        }
        let signed = [&[1][..], &key.sign(&message).to_bytes(), &message].concat();
        let sent = json!([STANDARD.encode(signed), {"encoding": "base64", "preflightCommitment": "confirmed"}]);
        let signature = self.call("sendTransaction", sent).await?;
        for _ in 0..LOOKS_MAX {
            let statuses = self
                .value("getSignatureStatuses", json!([[signature]]))
                .await?;
            let status = &statuses[0];
            ensure!(status["err"].is_null(), "{status}");
            if status["confirmationStatus"] == "confirmed"
                || status["confirmationStatus"] == "finalized"
            {
                return Ok(account.to_string());
            }
            tokio::time::sleep(crate::world::caller::POLL).await;
        }
        anyhow::bail!("{signature} does not land")
    }
}

/// As a compact array begins.
fn length(bytes: &[u8]) -> Result<[u8; 1]> {
    Ok([u8::try_from(bytes.len())?])
}
