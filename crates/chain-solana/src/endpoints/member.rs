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
use crate::rpc::{At, Blockhash, EpochInfo, Error, Hash, Rpc, View};

/// One endpoint.
#[derive(Debug)]
pub struct Member {
    name: String,
    rpc: Arc<dyn Rpc>,
    clock: Arc<dyn Clock>,
    /// Whether another endpoint can be asked instead. Then an answer is not waited for any longer than is usual.
    has_others: bool,
    state: Mutex<State>,
    metrics: Metrics,
}

/// A call waits for an endpoint's rest or budget for so long at most.
const WAIT_MAX: Duration = Duration::from_secs(2);

impl Member {
    /// An endpoint whose genesis hash is not known yet.
    pub(super) fn unasked(
        name: String,
        rpc: Arc<dyn Rpc>,
        clock: Arc<dyn Clock>,
        has_others: bool,
    ) -> Self {
        let state = State::new(Shows::Unasked, Witness::default());
        Self {
            metrics: Metrics::of(&name),
            state: Mutex::new(state),
            name,
            rpc,
            clock,
            has_others,
        }
    }

    /// The one way to a cluster that needs no check, such as one in this process.
    #[must_use]
    pub fn only(rpc: Arc<dyn Rpc>, clock: Arc<dyn Clock>) -> Self {
        let member = Self::unasked("cluster".to_owned(), rpc, clock, false);
        member.state().shows = Shows::OurCluster;
        member
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

    /// Whether it is asked in vain, as far as anybody knows, and others can be asked instead.
    #[must_use]
    pub fn is_away(&self) -> bool {
        let state = self.state();
        self.has_others && (state.is_failing || state.shows != Shows::OurCluster)
    }

    /// Asks where it stands. A lie is no answer, and disqualifies it.
    pub(crate) async fn bank(&self, view: View) -> Result<EpochInfo, Error> {
        let asking = self.ask_in_time(Method::EpochInfo, |rpc| rpc.epoch_info(view));
        let bank = asking.await?;
        let now = self.clock.monotonic();
        let told = self.state().witness.shows(&bank, now);
        told.map_err(|lie| self.lied(lie))?;
        Ok(bank)
    }

    /// Asks for a blockhash. A lie is no answer, and disqualifies it.
    pub(crate) async fn blockhash(&self, view: View) -> Result<At<Blockhash>, Error> {
        let method = Method::LatestBlockhash;
        let asking = self.ask_in_time(method, |rpc| rpc.latest_blockhash(view));
        let blockhash = asking.await?;
        let now = self.clock.monotonic();
        let told = self.state().witness.gives(&blockhash, now);
        told.map_err(|lie| self.lied(lie))?;
        Ok(blockhash)
    }

    fn lied(&self, lie: Lie) -> Error {
        self.metrics.lies.increment(1);
        self.metrics.disqualified.set(1.0);
        let name = &self.name;
        tracing::error!(
            endpoint = name,
            error = %lie,
            "the endpoint {name} is no witness for a while: {lie}"
        );
        Error::unavailable(lie)
    }

    /// Asks it as soon as it may be asked, unless that takes too long.
    pub(crate) async fn ask_in_time<'a, T>(
        &'a self,
        method: Method,
        call: impl FnOnce(&'a dyn Rpc) -> BoxFuture<'a, Result<T, Error>>,
    ) -> Result<T, Error> {
        self.wait_for(method).await?;
        self.ask(method, call).await
    }

    /// Asks it, and keeps in mind what came of that.
    pub(super) async fn ask<'a, T>(
        &'a self,
        method: Method,
        call: impl FnOnce(&'a dyn Rpc) -> BoxFuture<'a, Result<T, Error>>,
    ) -> Result<T, Error> {
        self.state().asked(method, self.clock.monotonic());
        let answer = self.in_time(method, call(&*self.rpc)).await;
        self.heard(method, &answer);
        answer
    }

    /// An answer, for as long as this one endpoint is waited for.
    pub(crate) async fn in_time<T>(
        &self,
        method: Method,
        asking: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        if !self.has_others {
            return asking.await;
        }
        let answer = timeout(method.patience(), asking).await;
        answer.unwrap_or_else(|_| Err(Error::unavailable("no answer in time")))
    }

    /// Keeps in mind what came of a call.
    pub(crate) fn heard<T>(&self, method: Method, answer: &Result<T, Error>) {
        let now = self.clock.monotonic();
        match answer {
            Ok(_) => self.state().answered(method),
            Err(error) => {
                self.state().failed(method, error, now);
                self.metrics.failures.increment(1);
            }
        }
    }

    /// Waits until it may be asked, unless that takes too long.
    pub(super) async fn wait_for(&self, method: Method) -> Result<(), Error> {
        let began = self.clock.monotonic();
        loop {
            let wait = self.wait(method);
            if wait.is_zero() {
                return Ok(());
            }
            let waited = self.clock.monotonic().saturating_sub(began);
            if waited + wait > WAIT_MAX {
                return Err(Error::TooManyRequests {
                    retry_after: Some(wait),
                });
            }
            self.clock.sleep(wait).await;
        }
    }

    /// Asks which cluster it shows. An answer is kept.
    pub(super) async fn check(&self, genesis: Hash) -> Result<(), Error> {
        if self.state().shows == Shows::OurCluster {
            return Ok(());
        }
        self.check_again(genesis).await
    }

    /// The same, whatever it answered before.
    pub(crate) async fn check_again(&self, genesis: Hash) -> Result<(), Error> {
        let asking = self.ask(Method::Genesis, |rpc| rpc.genesis_hash());
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

    /// Whether it is to be asked for this, and at once.
    pub(super) fn is_ready(&self, method: Method) -> bool {
        let now = self.clock.monotonic();
        let state = self.state();
        state.rank(method, now).is_some() && state.wait(method, now).is_zero()
    }

    pub(super) fn wait(&self, method: Method) -> Duration {
        self.state().wait(method, self.clock.monotonic())
    }

    /// Whether nothing that it says counts now.
    #[must_use]
    pub fn is_disqualified(&self) -> bool {
        self.witness().is_disqualified(self.clock.monotonic())
    }

    /// It is so many slots behind the best one.
    pub(super) fn lags(&self, slots: u64) {
        self.state().lag = slots;
        #[expect(clippy::cast_precision_loss, reason = "for a chart")]
        self.metrics.lag.set(slots as f64);
    }

    /// Whether it tells of slots far ahead of all others and does not stand there.
    pub(super) fn overstates(&self, it_does: bool) {
        let mut state = self.state();
        let is_news = it_does && !state.is_overstating;
        state.is_overstating = it_does;
        drop(state);
        let name = &self.name;
        if is_news {
            tracing::error!(
                endpoint = name,
                "the endpoint {name} is asked after the others: it does not stand at the slot that it tells"
            );
        }
    }

    /// It refuses what another endpoint answers: it is taken to lack that.
    pub(super) fn lacks(&self, method: Method) {
        let lacking = Error::Unsupported("another endpoint answers it".to_owned());
        let now = self.clock.monotonic();
        self.state().failed(method, &lacking, now);
    }

    /// What operators see follows what is so.
    pub(crate) fn show(&self) {
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
