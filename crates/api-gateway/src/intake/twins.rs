//! Runs one request per client and idempotency key at a time.
//!
//! The store makes one order of concurrent duplicates, but the limits are checked before the store
//! is asked: a duplicate must neither be refused because of the first request, which is still on
//! its way, nor count against a limit. So requests with one key take turns, and a request that had
//! to wait finds the first one's answer. Only the store recognises duplicates at other gateways.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{ClientId, IdempotencyKey};
use tokio::sync::OwnedMutexGuard;

use crate::deadline;
use crate::error::Result;

type Name = (ClientId, IdempotencyKey);
type Family = Arc<tokio::sync::Mutex<()>>;

/// The keys of all requests under way; at most as many as there are such requests.
#[derive(Debug, Default)]
pub(crate) struct Twins(Mutex<HashMap<Name, Family>>);

/// The right to be the only one with this key, until dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    // Released before the membership is: the next duplicate must find the same family.
    _turn: OwnedMutexGuard<()>,
    _member: Member<'a>,
}

#[derive(Debug)]
struct Member<'a> {
    all: &'a Twins,
    name: Name,
    family: Family,
}

impl Twins {
    /// Waits for this request's turn, at most as long as for a commit.
    pub(crate) async fn turn(&self, client: &ClientId, key: &IdempotencyKey) -> Result<Turn<'_>> {
        let name = (client.clone(), key.clone());
        let family = Arc::clone(self.families().entry(name.clone()).or_default());
        let member = Member {
            all: self,
            name,
            family,
        };
        let turn = Arc::clone(&member.family).lock_owned();
        Ok(Turn {
            _turn: deadline::sibling(turn).await?,
            _member: member,
        })
    }

    fn families(&self) -> MutexGuard<'_, HashMap<Name, Family>> {
        // Each change is one step: a panic leaves nothing half-done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        let mut families = self.all.families();
        // Requests join only under this lock: two owners are this member and the map.
        if Arc::strong_count(&self.family) == 2 {
            families.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::error::Code;

    fn name(key: &str) -> Name {
        let key = IdempotencyKey::parse(key).expect("a key");
        (ClientId::parse("desk").expect("a client"), key)
    }

    #[tokio::test(start_paused = true)]
    async fn twins_take_turns_and_others_do_not_wait() {
        let twins = Twins::default();
        let ((client, key), (_, other)) = (name("a"), name("b"));

        let first = twins.turn(&client, &key).await.expect("the first");
        let another = twins.turn(&client, &other).await.expect("another key");
        let mut second = Box::pin(twins.turn(&client, &key));
        assert!((&mut second).now_or_never().is_none());
        drop((first, another));

        second.await.expect("its turn");
    }

    #[tokio::test(start_paused = true)]
    async fn a_twin_whose_sibling_does_not_come_back_is_told_to_ask_again() {
        let twins = Twins::default();
        let (client, key) = name("a");
        let _first = twins.turn(&client, &key).await.expect("the first");

        let second = twins.turn(&client, &key).await.expect_err("no turn");

        assert_eq!(second.code(), Code::OutcomeUnknown);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_remembered_of_requests_that_ended() {
        let twins = Twins::default();
        let (client, key) = name("a");

        let first = twins.turn(&client, &key).await.expect("the first");
        // Given up while waiting.
        let waiting = twins.turn(&client, &key);
        assert!(waiting.now_or_never().is_none());
        drop(first);

        assert!(twins.families().is_empty());
    }
}
