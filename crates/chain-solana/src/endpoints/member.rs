//! One endpoint, with what is known of it.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::BoxFuture;
use ports::Clock;
use tokio::time::timeout;

use super::method::Method;
use super::metrics::Metrics;
use super::state::{Rank, Shows, State};
use crate::death::{Lie, Witness};
use crate::rpc::{At, Blockhash, EpochInfo, Error, Hash, Rpc};

/// One endpoint.
#[derive(Debug)]
pub struct Member {
    name: String,
    rpc: Arc<dyn Rpc>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    metrics: Metrics,
}

impl Member {
    /// An endpoint whose genesis hash is not known yet.
    pub(super) fn unasked(name: String, rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>) -> Self {
        Self::new(name, rpc, clock, Shows::Unasked)
    }

    /// The one way to a cluster that needs no check, such as one in this process.
    #[must_use]
    pub fn only(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>) -> Self {
        Self::new("cluster".to_owned(), rpc, clock, Shows::OurCluster)
    }

    fn new(name: String, rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>, shows: Shows) -> Self {
        Self {
            metrics: Metrics::of(&name),
            state: Mutex::new(State::new(shows, Witness::default())),
            name,
            rpc,
            clock,
        }
    }

    /// What may be said of it in logs: no path, no query, no credentials.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The endpoint itself. What it answers to whoever asks this way is not looked at here.
    #[must_use]
    pub fn rpc(&self) -> &Arc<dyn Rpc> {
        &self.rpc
    }

    /// What the court knows of it now.
    #[must_use]
    pub fn witness(&self) -> Witness {
        self.state().witness
    }

    /// Whether a question would only be waited for in vain, as far as anybody knows.
    #[must_use]
    pub fn is_away(&self) -> bool {
        let state = self.state();
        state.is_failing || state.shows != Shows::OurCluster
    }

    /// It told where it stands. A lie disqualifies it.
    pub fn shows(&self, info: &EpochInfo) -> Result<(), Lie> {
        let now = self.clock.monotonic();
        let told = self.state().witness.shows(info, now);
        told.inspect_err(|lie| self.lied(lie))
    }

    /// It gave a blockhash. A lie disqualifies it.
    pub fn gives(&self, answer: &At<Blockhash>) -> Result<(), Lie> {
        let now = self.clock.monotonic();
        let told = self.state().witness.gives(answer, now);
        told.inspect_err(|lie| self.lied(lie))
    }

    fn lied(&self, lie: &Lie) {
        self.metrics.lies.increment(1);
        self.metrics.disqualified.set(1.0);
        let name = &self.name;
        tracing::error!(
            endpoint = name,
            error = %lie,
            "the endpoint {name} is no witness for a while: {lie}"
        );
    }

    /// Asks it, and keeps in mind what came of that. Where others can be asked too, it has not for ever.
    pub(super) async fn ask<'a, T>(
        &'a self,
        method: Method,
        others: Others,
        call: impl FnOnce(&'a dyn Rpc) -> BoxFuture<'a, Result<T, Error>>,
    ) -> Result<T, Error> {
        self.state().asked(method, self.clock.monotonic());
        let asking = call(&*self.rpc);
        let answer = match others {
            Others::None => asking.await,
            Others::Some => match timeout(method.patience(), asking).await {
                Ok(answer) => answer,
                Err(_) => Err(Error::unavailable("no answer in time")),
            },
        };
        let now = self.clock.monotonic();
        let mut state = self.state();
        match &answer {
            Ok(_) => state.answered(),
            Err(error) => {
                state.failed(method, error, now);
                self.metrics.failures.increment(1);
            }
        }
        answer
    }

    /// Asks which cluster it shows. An answer is kept.
    pub(super) async fn check(&self, genesis: Hash) -> Result<(), Error> {
        if self.state().shows == Shows::OurCluster {
            return Ok(());
        }
        let asking = self.ask(Method::Genesis, Others::Some, |rpc| rpc.genesis_hash());
        let found = asking.await?;
        let mut state = self.state();
        if found == genesis {
            state.shows = Shows::OurCluster;
            return Ok(());
        }
        let is_news = state.shows != Shows::AnotherCluster;
        state.shows = Shows::AnotherCluster;
        state.witness.is_of_another_cluster();
        drop(state);
        let name = &self.name;
        if is_news {
            self.metrics.disqualified.set(1.0);
            tracing::error!(
                endpoint = name,
                "the endpoint {name} is not used: its genesis hash is {found} and not {genesis}"
            );
        }
        Err(Error::unavailable("the endpoint shows another cluster"))
    }

    pub(super) fn rank(&self, method: Method) -> Option<Rank> {
        self.state().rank(method, self.clock.monotonic())
    }

    pub(super) fn wait(&self, method: Method) -> Duration {
        self.state().wait(method, self.clock.monotonic())
    }

    pub(super) fn is_disqualified(&self) -> bool {
        self.witness().is_disqualified(self.clock.monotonic())
    }

    /// It is so many slots behind the best one.
    pub(super) fn lags(&self, slots: u64) {
        self.state().lag = slots;
        #[expect(clippy::cast_precision_loss, reason = "for a chart")]
        self.metrics.lag.set(slots as f64);
    }

    /// What operators see follows what is so.
    pub(super) fn show(&self) {
        let is = |it: bool| if it { 1.0 } else { 0.0 };
        let is_benched = self.state().is_benched();
        self.metrics.benched.set(is(is_benched));
        self.metrics.disqualified.set(is(self.is_disqualified()));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("invariant: nothing panics while holding it")
    }
}

/// Whether another endpoint can be asked instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    None,
    Some,
}
