//! A client: submits one order, repeats it with the same key until it learns that the order was
//! accepted, and perhaps cancels it.

use std::sync::Arc;
use std::time::Duration;

use api_gateway::auth::{Caller, Scope};
use api_gateway::error::Code;
use api_gateway::intake::{Envelope, Receipt};
use domain::{ClientId, IdempotencyKey, OrderId, Status};
use ports::order_store::Withdrawn;
use ports::{Clock, Random};

use crate::gateways::{Gateway, Gateways};
use crate::witness::near;
use crate::world::World;

/// Clients come within this time.
const ARRIVALS: Duration = Duration::from_secs(2);
/// The longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(400);
/// A client that has changed its mind does so within this time.
const DOUBTS: Duration = Duration::from_millis(800);
/// Names of clients: orders of several share the queue.
const CLIENTS: u64 = 3;
/// What one SOL costs in USDC's units where nobody has asked for it yet.
const FIRST_PRICE: u64 = 150_000_000;
/// The longest time that an order of these is valid, and some more.
const LONGEST_VALID: Duration = Duration::from_secs(15);
/// How far from the price an order waits, in thousandths of a percent.
const FAR: u64 = 300;

/// Which clients change their mind about their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubters {
    /// One in three.
    Some,
    /// All of them: every order is a race between its cancellation and its execution.
    Everyone,
}

/// Whether clients' connections to their gateways break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    Hold,
    /// Half of all requests lose theirs while they are under way.
    Break,
}

/// A connection that breaks does so within this time.
const BREAKS: Duration = Duration::from_millis(100);

/// One order's client.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) world: Arc<World>,
    pub(crate) gateways: Arc<Gateways>,
    pub(crate) random: Random,
    pub(crate) number: u64,
    pub(crate) doubters: Doubters,
    pub(crate) connections: Connections,
}

/// What a client knows about its order.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) order_id: OrderId,
    /// The answer to a cancellation: `cancelled`, or the status for which it was too late.
    pub(crate) answer: Option<Status>,
    /// Whether a request before the answered one may have taken effect, or may still do so.
    pub(crate) is_in_doubt: bool,
}

impl Client {
    /// Arrives and submits the order, until it is accepted.
    pub(crate) async fn order(&self) -> OrderId {
        self.world.sleep(self.random.duration_below(ARRIVALS)).await;
        let (envelope, mut body) = (self.envelope(), self.body());
        let mut first = self.submitted(&envelope, &body).await;
        if first.is_none() {
            // Nothing was accepted, and never will be: the group is done.
            body = self.market_order();
            first = self.submitted(&envelope, &body).await;
        }
        let first = first.expect("invariant: a market order is of no group");
        // Some repeat an accepted request, as a doubtful client or a proxy would.
        if self.random.below(3) == 0 {
            let (again, more) = tokio::join!(
                self.submitted(&envelope, &body),
                self.submitted(&envelope, &body)
            );
            for receipt in [again, more].into_iter().flatten() {
                if (receipt.order_id, &receipt.answer) != (first.order_id, &first.answer) {
                    let what = format_args!("one key, two answers: {first:?} {receipt:?}");
                    self.world.witness.accuse("S6", what);
                }
            }
        }
        first.order_id
    }

    fn envelope(&self) -> Envelope {
        // Two neighbours are one client, who may bind both orders together.
        let client = match self.world.waits {
            true => self.number / 2 % CLIENTS,
            false => self.random.below(CLIENTS),
        };
        let name = format!("client-{client}");
        let key = format!("key-{}", self.number);
        Envelope {
            caller: Caller {
                client: ClientId::parse(&name).expect("invariant: a good name"),
                scope: Scope::Key,
            },
            payer: None,
            idempotency_key: IdempotencyKey::parse(&key).ok(),
            trace_context: None,
            socket_base: "ws://gateway".to_owned(),
        }
    }

    fn body(&self) -> Vec<u8> {
        match self.world.waits && self.random.below(4) > 0 {
            true => self.waiting_order(),
            false => self.market_order(),
        }
    }

    /// An order that waits for a price near the last one, for some seconds.
    fn waiting_order(&self) -> Vec<u8> {
        let price = self.world.witness.last_price().unwrap_or(FIRST_PRICE);
        let away = i64::try_from(self.random.below(2 * FAR)).unwrap_or(0);
        let price = near(price, away - i64::try_from(FAR).unwrap_or(0));
        let kind = match self.random.below(3) {
            0 => format!(r#""orderType":"limit","limitPrice":"{price}""#),
            1 => format!(r#""orderType":"stop","triggerPrice":"{price}""#),
            _ => format!(r#""orderType":"take_profit","triggerPrice":"{price}""#),
        };
        let group = match self.random.below(2) {
            0 => format!(r#","ocoGroup":"both of {}""#, self.number / 2),
            _ => String::new(),
        };
        let (amount, seconds) = (1 + self.random.below(5), 2 + self.random.below(10));
        let tokens = r#""tokenIn":"SOL","tokenOut":"USDC""#;
        format!(r#"{{{tokens},"amount":"{amount}",{kind},"validForSeconds":{seconds}{group}}}"#)
            .into_bytes()
    }

    fn market_order(&self) -> Vec<u8> {
        let slippage_bps = [0, 5, 50, 500][usize::try_from(self.random.below(4)).unwrap_or(0)];
        let amount = 1 + self.random.below(5);
        let validity = match self.random.below(4) {
            0 => format!(r#","validForSeconds":{}"#, 1 + self.random.below(4)),
            _ => String::new(),
        };
        let tokens = r#""tokenIn":"SOL","tokenOut":"USDC""#;
        format!(r#"{{{tokens},"amount":"{amount}","slippageBps":{slippage_bps}{validity}}}"#)
            .into_bytes()
    }

    /// Submits it until it is accepted. None if its group is done.
    async fn submitted(&self, envelope: &Envelope, body: &[u8]) -> Option<Receipt> {
        loop {
            let gateway = self.gateways.pick(&self.random);
            let answer = tokio::select! {
                biased;
                () = gateway.died() => None,
                () = self.connection_breaks() => None,
                answer = gateway.intake.submit(envelope.clone(), body.to_vec().into()) => Some(answer),
            };
            if let Some(Ok(receipt)) = &answer {
                let id = receipt.order_id;
                if let Some(first) = &receipt.accepted {
                    gateway.live.expect(receipt, first);
                }
                self.world
                    .witness
                    .note(format_args!("{id} is told accepted"));
                return Some(receipt.clone());
            }
            if matches!(&answer, Some(Err(refusal)) if refusal.code() == Code::OcoGroupDone) {
                return None;
            }
            self.world.sleep(self.random.duration_below(PAUSE)).await;
        }
    }

    /// Ends a request's connection, if that comes before the answer: the gateway's handler is
    /// dropped there, as its server would drop it.
    async fn connection_breaks(&self) {
        if self.connections == Connections::Break && self.random.below(2) == 0 {
            self.world.sleep(self.random.duration_below(BREAKS)).await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    /// Whether an order still waits for its condition after the time that it was given, because the store's clock, by
    /// which it expires, was ahead when it was accepted and was set back.
    async fn waits_too_long(&self, order_id: OrderId) -> bool {
        if !self.world.waits {
            return false;
        }
        self.world.calm.soft().await;
        self.world.sleep(LONGEST_VALID).await;
        let now = self.world.wall.now();
        let order = self
            .gateways
            .pick(&self.random)
            .ports
            .store
            .order(order_id, None)
            .await;
        order.ok().flatten().is_some_and(|order| {
            order.status() == Status::Pending && order.expires_at().is_some_and(|at| at > now)
        })
    }

    /// Some clients cancel their order, in the way of the gateway's call.
    pub(crate) async fn perhaps_cancel(&self, order_id: OrderId) -> Told {
        let mut told = Told {
            order_id,
            answer: None,
            is_in_doubt: false,
        };
        if self.doubters == Doubters::Some && self.random.below(3) > 0 {
            if !self.waits_too_long(order_id).await {
                return told;
            }
        } else {
            self.world.sleep(self.random.duration_below(DOUBTS)).await;
        }
        loop {
            let gateway = self.gateways.pick(&self.random);
            let answer = tokio::select! {
                biased;
                () = gateway.died() => None,
                () = self.connection_breaks() => None,
                answer = cancel(&gateway, order_id) => answer,
            };
            if let Some(status) = answer {
                self.world
                    .witness
                    .note(format_args!("{order_id} is told {status}"));
                told.answer = Some(status);
                return told;
            }
            told.is_in_doubt = true;
            self.world.sleep(self.random.duration_below(PAUSE)).await;
        }
    }
}

/// As an operator, who may cancel every order.
async fn cancel(gateway: &Gateway, order_id: OrderId) -> Option<Status> {
    let caller = Caller {
        client: ClientId::anyone(),
        scope: Scope::Open,
    };
    match gateway.intake.cancel(&caller, order_id).await {
        Ok(Withdrawn::Won { .. }) => Some(Status::Cancelled),
        Ok(Withdrawn::TooLate { status }) => Some(status),
        Ok(Withdrawn::Unknown) | Err(_) => None,
    }
}
