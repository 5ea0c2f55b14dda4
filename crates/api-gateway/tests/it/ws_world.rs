//! What the tests of live connections share: a gateway over an embedded store, events recorded
//! directly into the store and published only if a test wants it, and a client that reports what it
//! sees.

use std::sync::Arc;
use std::time::Duration;

use api_gateway::GatewaySettings;
use api_gateway::live::{self, Live};
use domain::event::{Failure, FailureCode};
use domain::quote::{Choice, Decision, Receipt};
use domain::route::{Leg, PoolRef};
use domain::transaction::SignedTransaction;
use domain::venue::Program;
use domain::{Asset, BaseUnits, Event, EventData, OrderId, Route, TokenList};
use futures_util::{SinkExt, StreamExt};
use ports::order_store::Lease;
use ports::status_feed::Published;
use ports::{Ports, Shutdown, Store};
use serde_json::Value;
use testkit::contract::{Given, promptly};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::documents;
use crate::ws_server::Server;

/// Long enough for a busy machine, short enough to fail.
const LIMIT: Duration = Duration::from_secs(10);

/// A gateway and its backends.
pub(crate) struct World {
    pub(crate) ports: Ports,
    pub(crate) given: Given,
    server: Server,
}

impl World {
    /// A gateway with quick re-reads and no keys.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn start_with(change: impl FnOnce(&mut GatewaySettings)) -> Self {
        let mut settings = GatewaySettings {
            port: 0,
            ..GatewaySettings::default()
        };
        settings.live.reread_after = Duration::from_millis(50);
        settings.live.leave_within = Duration::from_millis(50);
        change(&mut settings);
        let server = Server::start(settings).await;
        Self {
            ports: server.ports.clone(),
            given: Given::new(),
            server,
        }
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.ports.store
    }

    pub(crate) fn shutdown(&self) -> &Shutdown {
        &self.server.shutdown
    }

    /// What follows orders over these ports, beside the gateway's own.
    pub(crate) fn live(&self, ports: &Ports, settings: live::Settings) -> Live {
        let tokens = Arc::new(TokenList::mainnet());
        Live::start(ports, &tokens, settings, self.shutdown())
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> String {
        self.server.address.to_string()
    }

    pub(crate) fn ws(&self, path: &str) -> String {
        format!("ws://{}{path}", self.authority())
    }

    pub(crate) fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority())
    }

    /// The status with which a socket with this key is refused; `None` if it opens.
    pub(crate) async fn refusal(&self, path: &str, key: Option<&str>) -> Option<u16> {
        let mut request = self
            .ws(path)
            .into_client_request()
            .expect("sound by construction");
        if let Some(key) = key {
            let headers = request.headers_mut();
            headers.insert("x-api-key", key.parse().expect("sound by construction"));
        }
        match promptly("an upgrade", Box::pin(connect_async(request))).await {
            Ok(_) => None,
            Err(Error::Http(response)) => Some(response.status().as_u16()),
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// An accepted order with a lease; nothing of it was published.
    pub(crate) async fn order(&self) -> Life<'_> {
        let id = self.given.accepted(self.store()).await;
        let lease = self.given.leased(self.store(), id).await;
        let transaction = self.given.transaction();
        Life {
            world: self,
            id,
            lease,
            transaction,
        }
    }

    /// Publishes an event to the feed.
    pub(crate) async fn publish(&self, event: &Event) {
        let published = Published {
            client: domain::ClientId::anyone(),
            event: event.clone(),
        };
        let publishing = self.ports.feed.publish(vec![published]);
        publishing.await.expect("the feed takes an event");
    }
}

/// An order whose events a test writes.
pub(crate) struct Life<'a> {
    world: &'a World,
    pub(crate) id: OrderId,
    lease: Lease,
    transaction: SignedTransaction,
}

impl Life<'_> {
    /// Records an event and publishes it.
    pub(crate) async fn tell(&mut self, data: EventData) {
        let event = self.record(data).await;
        self.world.publish(&event).await;
    }

    /// Records an event without publishing it.
    pub(crate) async fn record(&mut self, data: EventData) -> Event {
        let store = self.world.store();
        if matches!(data, EventData::Submitted { .. }) {
            let event = self.world.given.next(&self.lease.order, data);
            let recording = store.record_submission(&self.lease, &event, &self.transaction);
            let recorded = recording.await.expect("record_submission answers");
            let ports::order_store::Recorded::Won(event) = recorded else {
                panic!("not recorded: {recorded:?}");
            };
            self.lease.order = self
                .lease
                .order
                .clone()
                .apply(event)
                .expect("sound by construction");
        } else {
            let given = &self.world.given;
            given.record(store, &mut self.lease, data).await;
        }
        let last = store.events(self.id, self.lease.order.seq).await;
        last.expect("events answers").pop().expect("it is there")
    }

    pub(crate) fn routed(&self) -> EventData {
        let decision = Decision {
            choice: choice(),
            quotes: Vec::new(),
            pools: Vec::new(),
        };
        EventData::Routed { decision }
    }

    pub(crate) fn submitted(&self) -> EventData {
        EventData::Submitted {
            choice: choice(),
            signature: self.transaction.signature.clone(),
        }
    }

    pub(crate) fn confirmed(&self) -> EventData {
        EventData::Confirmed {
            fill: choice().filled(
                self.transaction.signature.clone(),
                (BaseUnits::new(1_500_000_000), BaseUnits::new(224_000_000)),
                receipt(),
            ),
        }
    }

    pub(crate) fn failed(&self) -> EventData {
        let failure = Failure {
            code: FailureCode::NoQuote,
            reason: "no venue answered in time".to_owned(),
            landing: None,
            paid_lamports: None,
        };
        EventData::Failed { failure }
    }

    /// What follows after `pending`, up to the end.
    pub(crate) fn rest(&self) -> [EventData; 4] {
        [
            EventData::RoutingStarted,
            self.routed(),
            self.submitted(),
            self.confirmed(),
        ]
    }
}

fn receipt() -> Receipt {
    Receipt {
        fee_lamports: 5_000,
        priority_fee_lamports: 0,
        rent_paid_lamports: 0,
        rent_returned_lamports: 0,
        compute_units: Some(61_234),
        slot: 9,
        is_final: false,
        leftover: Vec::new(),
    }
}

fn choice() -> Choice {
    Choice {
        route: Route::of(Leg {
            pool: PoolRef::unaddressed(Program::DammV2),
            asset_in: Asset::SOL,
            asset_out: Asset::USDC,
            amount_in: BaseUnits::new(1_500_000_000),
            amount_out: BaseUnits::new(225_000_000),
        }),
        expected_amount_out: BaseUnits::new(225_000_000),
        min_amount_out: BaseUnits::new(223_875_000),
        max_amount_in: None,
        quoted_at: 9,
    }
}

/// The statuses of a confirmed order.
pub(crate) const LIFE: [&str; 5] = ["pending", "routing", "building", "submitted", "confirmed"];

/// A client's socket, whose messages are checked against the AsyncAPI document.
pub(crate) struct Watcher {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    url: String,
}

impl Watcher {
    pub(crate) async fn open(url: &str) -> Self {
        match Self::try_open(url).await {
            Ok(watcher) => watcher,
            Err(status) => panic!("{url} was answered with {status}"),
        }
    }

    /// Opens a socket, or gives the status of the refusal.
    pub(crate) async fn try_open(url: &str) -> Result<Self, u16> {
        match promptly("an upgrade", Box::pin(connect_async(url))).await {
            Ok((socket, _)) => Ok(Self {
                socket,
                url: url.to_owned(),
            }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{url}: {error}"),
        }
    }

    pub(crate) async fn send(&mut self, message: Message) {
        let sent = self.socket.send(message).await;
        sent.expect("the server reads");
    }

    /// The next message of any kind; `None` once the connection is gone.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        let next = tokio::time::timeout(LIMIT, self.socket.next()).await;
        let message = next.expect("something comes in time")?.ok()?;
        if let Message::Text(text) = &message
            && let Ok(message) = serde_json::from_str(text)
        {
            documents::check_message(&self.url, &message);
        }
        Some(message)
    }

    /// The next text, as JSON.
    pub(crate) async fn json(&mut self) -> Value {
        loop {
            match self.message().await {
                Some(Message::Text(text)) => {
                    return serde_json::from_str(&text).expect("a JSON message");
                }
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("expected an event, got {other:?}"),
            }
        }
    }

    /// All messages up to the close, and its code; 1006 if the connection ended without one.
    pub(crate) async fn rest(&mut self) -> (Vec<Value>, u16) {
        let mut messages = Vec::new();
        loop {
            match self.message().await {
                Some(Message::Text(text)) => {
                    messages.push(serde_json::from_str(&text).expect("a JSON message"));
                }
                Some(Message::Close(Some(CloseFrame { code, .. }))) => {
                    return (messages, code.into());
                }
                Some(Message::Close(None)) | None => return (messages, 1006),
                Some(_) => {}
            }
        }
    }
}

/// The statuses of these events, in order.
pub(crate) fn statuses(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["status"].as_str().expect("an event has a status"))
        .collect()
}

/// The sequence numbers of these events, in order.
pub(crate) fn seqs(events: &[Value]) -> Vec<u64> {
    events
        .iter()
        .map(|event| event["seq"].as_u64().expect("an event has a seq"))
        .collect()
}
