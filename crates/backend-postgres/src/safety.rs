//! What holds the engine back: the halt, reverts in a row, and how far wallets are explained.

use async_trait::async_trait;
use domain::Address;
use ports::safety::{Checkpoint, Halt, REASON_MAX, Reverted};
use ports::{Result, Safety};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::failure::Failure;
use crate::rows;
use crate::store::PgStore;

const HALTED: &str = "-- read_halt
select halted_at, halted_by, halt_reason from engine_state where halted_at is not null";

/// With the gate of the pause: once this is through, no claim of before is under way.
const HALT: &str = "-- halt
with alone as materialized (
    select wait_for_claims() as is_alone
),
halted as (
    update engine_state
    set paused = true,
        halted_at = coalesce(halted_at, now_ms()),
        halted_by = coalesce(halted_by, $1),
        halt_reason = coalesce(halt_reason, $2)
    from alone where alone.is_alone
    returning halted_at, halted_by, halt_reason
),
noted as (
    insert into audit_log (at, actor, action, detail) select now_ms(), $1, 'halt', $2 from halted
)
select halted_at, halted_by, halt_reason from halted";

/// Counting confirmed orders instead of writing with each of them: an order that is confirmed costs nothing here.
const COUNT_REVERT: &str = "-- count_revert
with landed as materialized (
    select coalesce(sum(by_status[5]), 0)::bigint as confirmed from lane_orders
)
update engine_state e
set reverts_in_row = case
        when e.last_revert = $2 then e.reverts_in_row
        when e.revert_kind = $1 and e.confirmed_then = landed.confirmed then e.reverts_in_row + 1
        else 1
    end,
    revert_kind = $1,
    last_revert = $2,
    confirmed_then = landed.confirmed
from landed
returning e.reverts_in_row";

const CHECKPOINT: &str = "-- read_checkpoint
select slot, lamports, tokens from checkpoints where wallet = $1";

const KEEP_CHECKPOINT: &str = "-- keep_checkpoint
insert into checkpoints as c (wallet, slot, lamports, tokens) values ($1, $2, $3, $4)
on conflict (wallet) do update set slot = excluded.slot, lamports = excluded.lamports, tokens = excluded.tokens
where c.slot < excluded.slot";

#[async_trait]
impl Safety for PgStore {
    async fn halted(&self) -> Result<Option<Halt>> {
        let found = self.db().read(HALTED, &[]).await?;
        Ok(found.first().map(halt).transpose()?)
    }

    async fn halt(&self, actor: &str, reason: &str) -> Result<Halt> {
        let reason: String = reason.chars().take(REASON_MAX).collect();
        let parameters = [(&actor as _, Type::TEXT), (&reason as _, Type::TEXT)];
        let halted = self.db().write(HALT, &parameters).await?;
        let row = halted.first().ok_or_else(no_state)?;
        Ok(halt(row)?)
    }

    async fn count_revert(&self, reverted: &Reverted) -> Result<u32> {
        let last = format!("{} {}", reverted.order, reverted.execution);
        let parameters = [(&reverted.kind as _, Type::TEXT), (&last as _, Type::TEXT)];
        let counted = self.db().write(COUNT_REVERT, &parameters).await?;
        let row = counted.first().ok_or_else(no_state)?;
        let count: i32 = rows::column(row, "reverts_in_row")?;
        Ok(u32::try_from(count).unwrap_or(0))
    }

    async fn checkpoint(&self, wallet: Address) -> Result<Option<Checkpoint>> {
        let key = wallet.bytes().as_slice();
        let found = self.db().read(CHECKPOINT, &[(&key, Type::BYTEA)]).await?;
        let Some(row) = found.first() else {
            return Ok(None);
        };
        let tokens: String = rows::column(row, "tokens")?;
        let tokens = Checkpoint::read_tokens(&tokens)
            .ok_or_else(|| Failure::unreadable("a checkpoint", "its tokens", "they are no list"))?;
        Ok(Some(Checkpoint {
            slot: rows::number(row, "slot")?,
            lamports: rows::number(row, "lamports")?,
            tokens,
        }))
    }

    async fn keep_checkpoint(&self, wallet: Address, checkpoint: Checkpoint) -> Result<()> {
        let key = wallet.bytes().as_slice();
        let (slot, lamports) = (rows::big(checkpoint.slot), rows::big(checkpoint.lamports));
        let tokens = checkpoint.tokens_text();
        self.db()
            .write(
                KEEP_CHECKPOINT,
                &[
                    (&key, Type::BYTEA),
                    (&slot, Type::INT8),
                    (&lamports, Type::INT8),
                    (&tokens, Type::TEXT),
                ],
            )
            .await?;
        Ok(())
    }
}

pub(crate) fn halt(row: &Row) -> std::result::Result<Halt, Failure> {
    Ok(Halt {
        since: rows::timestamp(row, "halted_at")?,
        actor: rows::column(row, "halted_by")?,
        reason: rows::column(row, "halt_reason")?,
    })
}

fn no_state() -> Failure {
    Failure::unreadable("the engine's state", "its row", "there is none")
}
