//! [`Finalities`] and [`Doubts`] on SQLite. Turns are in memory: one process has the file.

use std::time::Duration;

use async_trait::async_trait;
use domain::transaction::SignedTransaction;
use domain::{OrderId, Timestamp};
use ports::doubt::{Doubted, LongSubmitted, Spoken};
use ports::finality::{NewFinality, Standing, Turn, Unfinal, UnfinalPage, Waiting};
use ports::{Doubts, Finalities, Result};

use super::SqliteStore;
use crate::reading::columns::millis;
use crate::reading::finality as reading;
use crate::writer::doubt::{ForgetDoubts, NoteDoubt, SayDead};
use crate::writer::finality::{Finalize, GiveUp, Reappear, Vanish};

#[async_trait]
impl Finalities for SqliteStore {
    async fn waiting(&self, from_slot: u64) -> Result<Waiting> {
        let now = self.now();
        self.read(move |db| reading::waiting(db, from_slot, now))
            .await
    }

    async fn unfinal(&self, page: UnfinalPage) -> Result<Vec<Unfinal>> {
        self.read(move |db| reading::unfinal(db, page)).await
    }

    async fn finalize(&self, finalities: &[NewFinality]) -> Result<()> {
        self.write(Finalize::new(finalities)?).await
    }

    async fn vanish(&self, order: OrderId) -> Result<bool> {
        self.write(Vanish(order)).await
    }

    async fn reappear(&self, order: OrderId) -> Result<bool> {
        self.write(Reappear(order)).await
    }

    async fn give_up(&self, order: OrderId) -> Result<bool> {
        self.write(GiveUp(order)).await
    }

    async fn transaction_of(&self, order: OrderId) -> Result<Option<SignedTransaction>> {
        self.read(move |db| reading::transaction_of(db, order))
            .await
    }

    async fn standings(&self, orders: &[OrderId]) -> Result<Vec<Standing>> {
        let orders = orders.to_vec();
        self.read(move |db| reading::standings(db, &orders)).await
    }

    async fn take_turn(&self, turn: Turn, lasting: Duration) -> Result<bool> {
        let monotonic = self.clock.monotonic();
        Ok(self.live().take_turn(turn, lasting, monotonic))
    }
}

#[async_trait]
impl Doubts for SqliteStore {
    async fn long_submitted(&self, at_least: Duration, limit: usize) -> Result<Vec<LongSubmitted>> {
        let now = self.now();
        let since = now.as_millis().saturating_sub(millis(at_least));
        let since = Timestamp::from_millis(since);
        self.read(move |db| reading::long_submitted(db, since, now, limit))
            .await
    }

    async fn doubt(&self, order: OrderId, attempt: u32, reason: &str) -> Result<bool> {
        let reason = reason.to_owned();
        let doubt = NoteDoubt {
            order,
            attempt,
            reason,
        };
        self.write(doubt).await
    }

    async fn doubted(&self) -> Result<Doubted> {
        let now = self.now();
        let before = self.read(move |db| reading::doubted(db, now)).await?;
        if before.count == 0 {
            return Ok(before);
        }
        self.write(ForgetDoubts).await?;
        self.read(move |db| reading::doubted(db, now)).await
    }

    async fn say_dead(&self, order: OrderId, actor: &str, reason: &str) -> Result<Spoken> {
        let [actor, reason] = [actor, reason].map(str::to_owned);
        let word = SayDead {
            order,
            actor,
            reason,
        };
        self.write(word).await
    }
}
