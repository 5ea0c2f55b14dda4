//! How an order gets in: it is parsed, checked against the limits, stored, announced, answered.
//!
//! 1. The body is parsed into checked terms; the refusal names every error (`intake/request.rs`).
//! 2. A request that was accepted before gets its first answer again, before any limit is checked.
//!    Of several concurrent requests with one idempotency key, one goes ahead and the others wait
//!    (`intake/twins.rs`).
//! 3. The client's limits and the queue's limit must have room.
//! 4. The order, its first event, the idempotency key with the answer, and the client's own id for
//!    it are stored in one transaction. Only then is the order accepted.
//! 5. Queue and feed are told, without waiting for them: if they miss it, the sweeper and the
//!    followers read it from the store.
//!
//! HTTP and WebSocket use the same path, and it runs to its end whether or not the client stays
//! (`acts.rs`).

pub(crate) mod body;

mod again;
mod answer;
mod cancelling;
mod changing;
mod fingerprint;
mod purchases;
mod request;
mod terms;
mod twins;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dex_router::Router;
use domain::order::Terms;
use domain::{Asset, ClientId, Event, IdempotencyKey, Mint, OrderId, Seq, TokenList};
use ports::STAGE_SPANS;
use ports::job_queue::Job;
use ports::order_store::{Accepted, Idempotency, NewOrder};
use ports::unconfirmed::Made;
use ports::waiting::OCO_GROUP_MAX;
use ports::{Announcer, AssetSource, Ports, Shutdown, Unconfirmed};
use tracing::{Instrument, trace_span};

use crate::acts::Acts;
use crate::assets::{Assets, LookedUp, Names};
use crate::auth::{Caller, Keys, Reach, Scope};
use crate::deadline;
use crate::error::{ApiError, Code, RateLimit, Result};
use crate::limits::{Allowance, Limits, Payer, Room};
use crate::settings::{ChainSettings, GatewaySettings, Trading};
use crate::spending::Spending;
use crate::stats::{Place, Stats};
use crate::wallets::{Asked, Wallets};
use body::Field;
use request::Request;
use twins::Twins;

/// An operator must change a setting and start the gateway again.
const RETRY_DISABLED: Duration = Duration::from_secs(60);

/// Where orders are accepted and cancelled.
#[derive(Debug)]
pub struct Intake {
    ports: Ports,
    announcer: Announcer,
    keys: Arc<Keys>,
    limits: Limits,
    assets: Assets,
    chain: ChainSettings,
    pub(crate) spending: Spending,
    default_pair: Option<(Asset, Asset)>,
    twins: Twins,
    unconfirmed: Unconfirmed,
    shutdown: Shutdown,
    pub(crate) acts: Acts,
    pub(crate) stats: Arc<Stats>,
    pub(crate) wallets: Wallets,
    /// Absent where nobody buys exact amounts.
    router: Option<Router>,
}

/// Who submits an order, and how. On a socket: taken from the upgrade request.
#[derive(Debug, Clone)]
pub struct Envelope {
    pub caller: Caller,
    /// Whom the limits count, if there are limits.
    pub payer: Option<Payer>,
    pub idempotency_key: Option<IdempotencyKey>,
    /// The W3C trace context that the order's execution continues.
    pub trace_context: Option<String>,
    /// `ws://host:port` as the client must write it.
    pub socket_base: String,
}

/// What a client gets for an accepted order.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub order_id: OrderId,
    pub client: ClientId,
    /// The answer's body.
    pub answer: Bytes,
    /// The order's first event; absent where the same request was accepted before.
    pub accepted: Option<Event>,
    pub rate: Option<RateLimit>,
}

impl Receipt {
    /// Whether the same request was accepted before.
    #[must_use]
    pub const fn is_replay(&self) -> bool {
        self.accepted.is_none()
    }
}

/// Reads an order of listed tokens without asking anybody.
pub fn check(
    body: &[u8],
    tokens: &TokenList,
    default_pair: Option<(Asset, Asset)>,
) -> Result<Terms> {
    Request::read(body, &Names::listed(tokens), default_pair)?.terms
}

impl Intake {
    /// Starts the background tasks; they end when the process stops.
    #[must_use]
    pub fn start(
        settings: &GatewaySettings,
        ports: &Ports,
        (announcer, assets, router): (Announcer, Arc<dyn AssetSource>, Option<Router>),
        shutdown: &Shutdown,
    ) -> Arc<Self> {
        let salt = [(); 4].map(|()| ports.random.bits());
        let stats = Stats::start(ports, settings, shutdown);
        Arc::new(Self {
            keys: Arc::new(Keys::new(settings, salt)),
            limits: Limits::new(settings, &ports.clock),
            twins: Twins::default(),
            acts: Acts::new(shutdown),
            unconfirmed: Unconfirmed::start(ports, &announcer, shutdown),
            wallets: Wallets::new(&settings.wallets, Arc::clone(&stats)),
            stats,
            assets: Assets::new(Arc::clone(&settings.tokens), assets),
            chain: settings.chain,
            spending: Spending::new(&settings.spend_limits, &settings.tokens, ports),
            default_pair: settings.default_pair,
            shutdown: shutdown.clone(),
            ports: ports.clone(),
            announcer,
            router,
        })
    }

    /// The known keys.
    pub(crate) fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// Whether a client can be refused for what it has submitted before.
    pub(crate) const fn has_limits(&self) -> bool {
        self.limits.any()
    }

    /// What is traded where a request names no tokens.
    pub(crate) const fn default_pair(&self) -> Option<(Asset, Asset)> {
        self.default_pair
    }

    /// What these mints are, of which no list names any.
    pub(crate) async fn look_up(&self, mints: &[Mint], payer: Option<&Payer>) -> Result<LookedUp> {
        self.assets.look_up(mints, (&self.limits, payer)).await
    }

    /// Reads an order without taking it in.
    pub(crate) async fn check(&self, body: &[u8], envelope: &Envelope) -> Result<Terms> {
        let request = self.read(body, envelope.payer.as_ref()).await?;
        let wallet = request.wallet;
        self.paid(request.terms?, envelope, wallet.as_ref()).await
    }

    /// The terms with the wallet that pays, fixed for ever.
    async fn paid(
        &self,
        terms: Terms,
        envelope: &Envelope,
        asked: Option<&Asked>,
    ) -> Result<Terms> {
        let wallet = self.wallets.payer(&envelope.caller.client, asked).await?;
        Ok(Terms { wallet, ..terms })
    }

    /// Reads a body. Nobody is asked where the token list names its tokens, nor where it is wrong anyway.
    async fn read<'a>(&self, body: &'a [u8], payer: Option<&Payer>) -> Result<Request<'a>> {
        let names = Names::listed(&self.assets.tokens);
        let mut request = Request::read(body, &names, self.default_pair)?;
        if !request.unlisted.is_empty() {
            match self.look_up(&request.unlisted, payer).await {
                Ok(looked_up) => request.read_again(&names.and(&looked_up), self.default_pair),
                Err(refusal) => request.terms = Err(refusal),
            }
        }
        Ok(request)
    }

    /// Accepts an order.
    ///
    /// Cancel safety: once begun, it runs to its end.
    pub async fn submit(self: &Arc<Self>, envelope: Envelope, body: Bytes) -> Result<Receipt> {
        let is_keyed = envelope.idempotency_key.is_some();
        let intake = Arc::clone(self);
        let act = async move {
            let submitted = intake.take_in(&envelope, &body).await;
            Ok(count(submitted, is_keyed))
        };
        match self.acts.run_to_end(act).await {
            Ok(submitted) => submitted,
            Err(refusal) => count(Err(refusal), is_keyed),
        }
    }

    async fn take_in(&self, envelope: &Envelope, body: &[u8]) -> Result<Receipt> {
        self.refuse_whom_it_must(&envelope.caller)?;
        let request = self.read(body, envelope.payer.as_ref()).await?;
        let mark = envelope.idempotency_key.as_ref().map(|key| Mark {
            key,
            fingerprint: request.fingerprint(),
        });
        let _turn = match &mark {
            Some(mark) => Some(self.twins.turn(&envelope.caller.client, mark.key).await?),
            None => None,
        };
        // If nothing else can refuse the request, the store itself returns the first answer again.
        let may_be_refused = request.terms.is_err()
            || self.limits.any()
            || self.stats.is_near_full()
            || self.spending.limits_orders()
            || self.chain.trading == Trading::Disabled
            || request.is_purchase()
            || self.wallets.are_bound()
            || request.wallet.is_some();
        let earlier = match &mark {
            Some(mark) if may_be_refused => self.earlier(envelope, mark).await?,
            _ => None,
        };
        let terms = request.terms?;
        if let Some((order_id, answer)) = earlier {
            return Ok(self.replay(envelope, order_id, answer));
        }
        self.spending.admit(&terms)?;
        self.admit_purchase(&terms).await?;

        let place = Place::of(&terms);
        let (allowance, room) = match (self.admit(envelope, place).await, &mark) {
            // The last place may have gone to a duplicate of this request at another gateway.
            (Err(refusal), Some(mark)) if refusal.code().is_limit() => {
                let earlier = self.earlier(envelope, mark).await?;
                let (order_id, answer) = earlier.ok_or(refusal)?;
                return Ok(self.replay(envelope, order_id, answer));
            }
            (admitted, _) => admitted?,
        };
        let rate = allowance.rate();
        let terms = self.paid(terms, envelope, request.wallet.as_ref()).await?;
        let (order, answer) = self.prepare(envelope, terms, mark);
        let accepted = self.store(order, allowance, room).await?;
        let receipt = self.receipt((envelope, place), accepted, answer)?;
        Ok(Receipt { rate, ..receipt })
    }

    fn refuse_whom_it_must(&self, caller: &Caller) -> Result<()> {
        if caller.scope == Scope::Admin {
            let detail = "the operators' key hands in no orders";
            return Err(ApiError::new(Code::Forbidden, detail));
        }
        match self.shutdown.is_stopping() {
            true => Err(ApiError::stopping()),
            false => Ok(()),
        }
    }

    /// What the client gets for what the store has made of its order; a new one is announced.
    fn receipt(
        &self,
        (envelope, place): (&Envelope, Place),
        accepted: Accepted,
        answer: Arc<[u8]>,
    ) -> Result<Receipt> {
        match accepted {
            Accepted::Stored(event) => {
                self.announce(envelope, &event, place);
                Ok(Receipt {
                    order_id: event.order_id,
                    client: envelope.caller.client.clone(),
                    answer: Bytes::from_owner(answer),
                    accepted: Some(event),
                    rate: None,
                })
            }
            Accepted::Replayed { order_id, answer } => Ok(self.replay(envelope, order_id, answer)),
            Accepted::KeyReused => Err(key_reused()),
            Accepted::OcoGroupDone => {
                let detail = "an order of this ocoGroup was confirmed: the group takes in no more";
                Err(ApiError::new(Code::OcoGroupDone, detail))
            }
            Accepted::OcoGroupFull => {
                let message = format!("names a group that has taken in its {OCO_GROUP_MAX} orders");
                let field = Field::OcoGroup.name();
                Err(ApiError::of_field(Code::InvalidOrder, field, &message))
            }
            Accepted::ClientOrderIdTaken { order_id } => {
                let detail = "this clientOrderId names another order of yours";
                Err(ApiError::new(Code::ClientOrderIdTaken, detail).with_order(order_id))
            }
        }
    }

    /// The order and the answer of the same request, if it was accepted before.
    async fn earlier(
        &self,
        envelope: &Envelope,
        mark: &Mark<'_>,
    ) -> Result<Option<(OrderId, Arc<[u8]>)>> {
        let client = &envelope.caller.client;
        let kept = deadline::read(self.ports.store.answer_for(client, mark.key)).await?;
        match kept {
            None => Ok(None),
            Some((_, kept)) if kept.fingerprint != mark.fingerprint => Err(key_reused()),
            Some((order_id, kept)) => Ok(Some((order_id, kept.answer))),
        }
    }

    /// Reserves the order's place in its client's limits and in the queue. If it is dropped, the
    /// place is free again.
    async fn admit(&self, envelope: &Envelope, place: Place) -> Result<(Allowance<'_>, Room)> {
        if self.chain.trading == Trading::Disabled {
            return Err(trading_disabled());
        }
        let allowance = match &envelope.payer {
            Some(payer) => {
                let admitting = self.limits.admit(&self.ports, &envelope.caller, payer);
                admitting.await?
            }
            None => Allowance::default(),
        };
        Ok((allowance, self.stats.admit(place).await?))
    }

    /// Builds the answer before the commit, so that it is stored with the order.
    fn prepare(
        &self,
        envelope: &Envelope,
        terms: Terms,
        mark: Option<Mark<'_>>,
    ) -> (NewOrder, Arc<[u8]>) {
        let now = self.ports.clock.now();
        let id = self.ports.random.order_id(now);
        let token = self.keys.token_for(&envelope.caller, Reach::Order(id), now);
        let base = &envelope.socket_base;
        let answer = match Place::of(&terms) {
            Place::Queue => answer::accepted(id, base, token.as_ref(), self.stats.estimate()),
            Place::Condition => answer::waiting(id, base, token.as_ref()),
        };
        let order = NewOrder {
            id,
            event_id: self.ports.random.event_id(now),
            client: envelope.caller.client.clone(),
            terms,
            trace_context: envelope.trace_context.clone(),
            idempotency: mark.map(|mark| Idempotency {
                key: mark.key.clone(),
                fingerprint: mark.fingerprint,
                answer: Arc::clone(&answer),
            }),
        };
        (order, answer)
    }

    async fn store(
        &self,
        order: NewOrder,
        allowance: Allowance<'_>,
        room: Room,
    ) -> Result<Accepted> {
        let id = order.id;
        let span = trace_span!(target: STAGE_SPANS, "store.accept", order.id = %id);
        let accepting = self.ports.store.accept(order);
        let storing = self.written((id, Made::At(Seq::FIRST)), accepting);
        let stored = storing.instrument(span).await;
        let may_be_stored = match &stored {
            Ok(accepted) => matches!(accepted, Accepted::Stored(_)),
            Err(refusal) => refusal.code() == Code::OutcomeUnknown,
        };
        if may_be_stored {
            room.take();
            allowance.take(id).await;
        }
        stored
    }

    /// The outcome of a write that makes this event of an order; one that stays unknown is looked for.
    async fn written<T>(
        &self,
        (order, made): (OrderId, Made),
        outcome: impl Future<Output = ports::Result<T>>,
    ) -> Result<T> {
        let outcome = deadline::write(outcome).await;
        if matches!(&outcome, Err(refusal) if refusal.code() == Code::OutcomeUnknown) {
            self.unconfirmed.look_for(order, made);
        }
        outcome
    }

    fn announce(&self, envelope: &Envelope, event: &Event, place: Place) {
        let client = &envelope.caller.client;
        if place == Place::Queue {
            self.announcer.enqueue(Job {
                order_id: event.order_id,
                client: client.clone(),
                starts_execution: true,
                has_fired: false,
            });
        }
        self.announcer.publish(client, event);
        tracing::info!(
            order.id = %event.order_id,
            order.seq = event.seq.get(),
            order.status = event.data.status().name(),
            client.id = %client,
            "order {} accepted",
            event.order_id
        );
    }

    /// Returns the first answer again.
    fn replay(&self, envelope: &Envelope, order_id: OrderId, answer: Arc<[u8]>) -> Receipt {
        let (reach, now) = (Reach::Order(order_id), self.ports.clock.now());
        let token = self.keys.token_for(&envelope.caller, reach, now);
        Receipt {
            order_id,
            client: envelope.caller.client.clone(),
            answer: Bytes::from_owner(answer::again(answer, token.as_ref())),
            accepted: None,
            rate: None,
        }
    }
}

/// What identifies a repeated request.
struct Mark<'a> {
    key: &'a IdempotencyKey,
    fingerprint: [u8; 32],
}

/// Counts the outcome of a request, whether or not its client gets the answer.
fn count(submitted: Result<Receipt>, is_keyed: bool) -> Result<Receipt> {
    let submitted = match is_keyed {
        true => submitted.map_err(ApiError::leaving_a_key_in_doubt),
        false => submitted,
    };
    match &submitted {
        Ok(receipt) if receipt.is_replay() => {
            metrics::counter!("orders_replayed_total").increment(1);
        }
        Ok(_) => metrics::counter!("orders_accepted_total").increment(1),
        Err(refusal) => {
            let code = refusal.code().name();
            metrics::counter!("orders_refused_total", "code" => code).increment(1);
        }
    }
    submitted
}

fn trading_disabled() -> ApiError {
    let detail =
        "this engine takes no orders: its operator has not set TRADING=enabled and WALLET_ADDRESS";
    ApiError::new(Code::TradingDisabled, detail).retry_after(RETRY_DISABLED)
}

fn key_reused() -> ApiError {
    let detail = "this Idempotency-Key was sent with another body before";
    ApiError::new(Code::IdempotencyKeyReused, detail)
}

#[cfg(test)]
mod cost;
#[cfg(test)]
mod tests;
