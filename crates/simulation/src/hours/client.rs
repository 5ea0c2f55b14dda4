//! A client that leaves one order to wait, or several of which one may execute.

use std::sync::Arc;
use std::time::Duration;

use api_gateway::auth::{Caller, Scope};
use api_gateway::intake::Envelope;
use domain::{ClientId, IdempotencyKey, Price};
use ports::Random;

use super::observer::{Observer, SIDES, Side};
use crate::gateways::Gateways;
use crate::world::World;

/// Clients come within this time.
const ARRIVALS: Duration = Duration::from_secs(45 * 60);
/// How long an order waits, at least and at most.
const VALID: (u64, u64) = (20, 900);
/// How far from the price it waits at most, in thousandths of a percent.
const FAR: u64 = 1_200;
/// One group in so many orders, and how many it has at most.
const GROUPS: u64 = 4;
const GROUP_MAX: u64 = 3;
/// The widest trail, in basis points.
const TRAIL_MAX: u64 = 120;
const PAUSE: Duration = Duration::from_millis(200);
const TRIES: u32 = 50;

#[derive(Debug)]
pub(super) struct Client {
    pub(super) world: Arc<World>,
    pub(super) gateways: Arc<Gateways>,
    pub(super) observer: Arc<Observer>,
    pub(super) random: Random,
    /// That of its first order.
    pub(super) number: u64,
}

impl Client {
    /// How many orders it has.
    pub(super) const fn count(&self) -> u64 {
        match self.number.is_multiple_of(GROUPS) {
            true => 2 + self.number / GROUPS % (GROUP_MAX - 1),
            false => 1,
        }
    }

    /// Comes at some moment, and submits its orders until they are accepted.
    pub(super) async fn order(self) {
        self.world.sleep(self.random.duration_below(ARRIVALS)).await;
        let side = &SIDES[usize::try_from(self.random.below(2)).unwrap_or(0)];
        let group = match self.count() {
            1 => String::new(),
            _ => format!(r#","ocoGroup":"group {}""#, self.number),
        };
        for number in self.number..self.number + self.count() {
            let body = self.body(side, &group);
            self.submit(number, &body).await;
        }
    }

    fn below(&self, limit: u64) -> u32 {
        u32::try_from(self.random.below(limit)).unwrap_or(0)
    }

    /// A price near the one that was seen last: above it, below it, or on either side.
    fn near(&self, price: Price, from: u32) -> String {
        let away = self.below(FAR + u64::from(100_000 - from));
        let price = price.times(from + away, 100_000);
        price.map_or_else(|| "1".to_owned(), |price| price.to_string())
    }

    fn body(&self, side: &Side, group: &str) -> Vec<u8> {
        let place = usize::try_from(self.random.below(8)).unwrap_or(0);
        let price = self.observer.last_price(side, place);
        let far = 100_000 - u32::try_from(FAR).unwrap_or(0);
        let kind = match self.random.below(8) {
            0 | 1 => format!(
                r#""orderType":"limit","limitPrice":"{}""#,
                self.near(price, 99_900)
            ),
            2 | 3 => format!(
                r#""orderType":"take_profit","triggerPrice":"{}""#,
                self.near(price, 99_900)
            ),
            4 | 5 => format!(
                r#""orderType":"stop","triggerPrice":"{}""#,
                self.near(price, far)
            ),
            6 => format!(
                r#""orderType":"trailing_stop","trailBps":{}"#,
                1 + self.random.below(TRAIL_MAX)
            ),
            _ => format!(
                r#""orderType":"trailing_stop","trailBps":{},"activationPrice":"{}""#,
                1 + self.random.below(TRAIL_MAX),
                self.near(price, 100_000)
            ),
        };
        let seconds = VALID.0 + self.random.below(VALID.1 - VALID.0);
        let (sold, bought, amount) = (side.sold, side.bought, side.amounts[place]);
        format!(
            r#"{{"tokenIn":"{sold}","tokenOut":"{bought}","amount":"{amount}",{kind},"validForSeconds":{seconds}{group}}}"#
        )
        .into_bytes()
    }

    async fn submit(&self, number: u64, body: &[u8]) {
        let key = format!("key-{number}");
        let envelope = Envelope {
            caller: Caller {
                client: ClientId::parse("client").expect("invariant: a good name"),
                scope: Scope::Key,
            },
            payer: None,
            idempotency_key: IdempotencyKey::parse(&key).ok(),
            trace_context: None,
            socket_base: "ws://gateway".to_owned(),
        };
        for _ in 0..TRIES {
            let gateway = self.gateways.pick(&self.random);
            let answer = gateway
                .intake
                .submit(envelope.clone(), body.to_vec().into());
            match answer.await {
                Ok(_) => return,
                // The group's first order was quicker than this one's acceptance.
                Err(refusal) if refusal.code() == api_gateway::error::Code::OcoGroupDone => return,
                Err(refusal) => {
                    self.world
                        .witness
                        .note(format_args!("order {number} is refused: {refusal:?}"));
                }
            }
            self.world.sleep(PAUSE).await;
        }
        let body = String::from_utf8_lossy(body).into_owned();
        self.world
            .witness
            .accuse("S9", format_args!("{body} was never accepted"));
    }
}
