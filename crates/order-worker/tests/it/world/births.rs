//! Tells of pools when a test says so.

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use domain::Mint;
use ports::Births;
use tokio::sync::Notify;

#[derive(Debug, Default)]
pub(crate) struct ScriptedBirths {
    followed: Mutex<BTreeSet<Mint>>,
    told: Mutex<BTreeSet<Mint>>,
    news: Notify,
}

impl ScriptedBirths {
    /// Whether it is asked to tell of this token's pools.
    pub(crate) fn follows(&self, mint: Mint) -> bool {
        self.followed.lock().unwrap().contains(&mint)
    }

    /// A pool of this token was born.
    pub(crate) fn tell(&self, mint: Mint) {
        self.told.lock().unwrap().insert(mint);
        self.news.notify_one();
    }
}

#[async_trait]
impl Births for ScriptedBirths {
    fn follow(&self, mints: &BTreeSet<Mint>) {
        self.followed.lock().unwrap().clone_from(mints);
    }

    async fn next(&self) -> BTreeSet<Mint> {
        loop {
            let told = std::mem::take(&mut *self.told.lock().unwrap());
            if !told.is_empty() {
                return told;
            }
            self.news.notified().await;
        }
    }

    async fn attend(&self) {
        std::future::pending::<()>().await;
    }
}
