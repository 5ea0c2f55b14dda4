//! [`Volumes`] on SQLite.

use async_trait::async_trait;
use ports::Result;
use ports::volumes::{KnownVolume, NewLook, Volumes};
use ports::waiting::Pair;

use super::SqliteStore;
use crate::error::Fault;
use crate::reading::volumes;
use crate::writer::volumes::KeepLook;

#[async_trait]
impl Volumes for SqliteStore {
    async fn volume(&self, pair: &Pair) -> Result<KnownVolume> {
        let (pair, now) = (pair.clone(), self.now());
        self.read(move |db| volumes::volume(db, &pair, now)).await
    }

    async fn keep_look(&self, pair: &Pair, look: &NewLook) -> Result<bool> {
        let text = serde_json::to_string(&look.look).map_err(Fault::from)?;
        let (pair, look) = (pair.clone(), look.clone());
        self.write(KeepLook { pair, look, text }).await
    }
}
