//! What all parts of a worker share during the whole life of the process.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dex_router::Router;
use domain::EventId;
use ports::{Announcer, Clock, JobQueue, Ports, Random, Shutdown, Store, Unconfirmed};

use crate::Chain;
use crate::foreign::Foreign;
use crate::limiter::Limiter;
use crate::metrics::Metrics;
use crate::patient::Patient;
use crate::settings::{LimitScope, Settings};
use crate::sniped::Sniped;

/// Made once by [`crate::Worker::start`].
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
    pub(crate) announcer: Announcer,
    pub(crate) unconfirmed: Unconfirmed,
    pub(crate) router: Router,
    pub(crate) chain: Chain,
    pub(crate) settings: Settings,
    pub(crate) shutdown: Shutdown,
    pub(crate) metrics: Metrics,
    /// This worker's own limiter. It outlives the worker's identities, because the limit applies to
    /// the process.
    pub(crate) limiter: Option<Arc<Limiter>>,
    /// This worker's share of the queue's common limit, for the time while the queue is down, with
    /// the number of workers that it was computed for. It also outlives the identities.
    share: Mutex<Option<(NonZeroU32, Arc<Limiter>)>>,
    pub(crate) foreign: Foreign,
    pub(crate) patient: Patient,
    /// Pairs of which snipers wait.
    pub(crate) sniped: Sniped,
    /// Held while it is found out why a transaction is slow; from when on the next one may be asked about.
    pub(crate) slow_report: tokio::sync::Mutex<Duration>,
}

impl Context {
    pub(crate) fn new(
        ports: &Ports,
        announcer: &Announcer,
        router: Router,
        chain: Chain,
        settings: Settings,
        shutdown: &Shutdown,
    ) -> Self {
        let own = settings
            .rate
            .filter(|_| settings.scope == LimitScope::Worker);
        let limiter = own.map(|rate| Arc::new(Limiter::new(rate, Arc::clone(&ports.clock))));
        Self {
            store: Arc::clone(&ports.store),
            queue: Arc::clone(&ports.queue),
            clock: Arc::clone(&ports.clock),
            random: ports.random.clone(),
            announcer: announcer.clone(),
            unconfirmed: Unconfirmed::start(ports, announcer, shutdown),
            router,
            chain,
            patient: Patient::new(settings.concurrency),
            settings,
            shutdown: shutdown.clone(),
            metrics: Metrics::register(),
            limiter,
            share: Mutex::default(),
            foreign: Foreign::default(),
            sniped: Sniped::default(),
            slow_report: tokio::sync::Mutex::default(),
        }
    }

    /// This worker's share of a limit that so many workers share.
    pub(crate) fn share_of_limit(&self, workers: NonZeroU32) -> Option<Arc<Limiter>> {
        let rate = self.settings.rate?;
        let mut share = self.share.lock().unwrap_or_else(PoisonError::into_inner);
        let limiter = match share.as_ref() {
            Some((of, limiter)) if *of == workers => return Some(Arc::clone(limiter)),
            Some((_, former)) => former.shared_anew(rate, workers),
            None => Limiter::shared(rate, workers, Arc::clone(&self.clock)),
        };
        let limiter = Arc::new(limiter);
        *share = Some((workers, Arc::clone(&limiter)));
        Some(limiter)
    }

    /// The id of an event that this worker is about to propose.
    pub(crate) fn event_id(&self) -> EventId {
        self.random.event_id(self.clock.now())
    }
}
