//! Networks between a client and an engine. The usual one does the two worst things, once each: it
//! loses the answer to a call that was executed, and it cuts a stream in the middle of an event.
//! A rough one does so again and again; another one loses every answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// An event in the middle of every order's life, as every stream writes it.
const MIDDLE: &[u8] = br#""status":"building""#;
const PIECE: usize = 64 * 1024;

/// The network. Dropping it takes it down.
#[derive(Debug)]
pub(crate) struct Network {
    address: SocketAddr,
    damage: Arc<Damage>,
    _accepting: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Damage {
    kind: Kind,
    /// How many answers, and how many streams at their middle, have come through here.
    answers: AtomicUsize,
    streams: AtomicUsize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One lost answer, one cut stream.
    #[default]
    Bad,
    /// Every other answer to an accepted order is lost, and every other stream cut.
    Rough,
    /// No answer comes through.
    Deaf,
    /// No answer that says 201 does.
    DeafToOrders,
}

impl Network {
    /// A network in front of these gateways: each connection leads to the next one.
    pub(crate) async fn before(gateways: Vec<SocketAddr>) -> Result<Self> {
        Self::of(Kind::Bad, gateways).await
    }

    /// One that does both again and again.
    pub(crate) async fn that_is_rough(gateways: Vec<SocketAddr>) -> Result<Self> {
        Self::of(Kind::Rough, gateways).await
    }

    /// One that carries every request and no answer.
    pub(crate) async fn that_loses_every_answer(gateways: Vec<SocketAddr>) -> Result<Self> {
        Self::of(Kind::Deaf, gateways).await
    }

    /// One that carries everything but the answers to accepted orders.
    pub(crate) async fn that_loses_answers_to_orders(gateways: Vec<SocketAddr>) -> Result<Self> {
        Self::of(Kind::DeafToOrders, gateways).await
    }

    async fn of(kind: Kind, gateways: Vec<SocketAddr>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("listen")?;
        let address = listener.local_addr()?;
        let damage = Arc::new(Damage {
            kind,
            ..Damage::default()
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, gateways, Arc::clone(&damage)));
        Ok(Self {
            address,
            damage,
            _accepting: accepting,
        })
    }

    /// The engine's address behind this network.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether both things have happened: the first of each kind is always hurt.
    pub(crate) fn has_hurt(&self) -> bool {
        let Damage {
            answers,
            streams,
            kind: _,
        } = &*self.damage;
        answers.load(Ordering::SeqCst) > 0 && streams.load(Ordering::SeqCst) > 0
    }
}

impl Damage {
    fn loses(&self, said: &[u8]) -> bool {
        let is_of_an_order = said.starts_with(b"HTTP/1.1 201");
        match self.kind {
            Kind::Bad => self.answers.fetch_add(1, Ordering::SeqCst) == 0,
            Kind::Rough => is_of_an_order && every_other(&self.answers),
            Kind::Deaf => true,
            Kind::DeafToOrders => is_of_an_order,
        }
    }

    fn cuts_here(&self) -> bool {
        match self.kind {
            Kind::Bad => self.streams.fetch_add(1, Ordering::SeqCst) == 0,
            Kind::Rough => every_other(&self.streams),
            Kind::Deaf | Kind::DeafToOrders => false,
        }
    }
}

/// The first, the third and so on.
fn every_other(count: &AtomicUsize) -> bool {
    count.fetch_add(1, Ordering::SeqCst).is_multiple_of(2)
}

async fn accept(listener: TcpListener, gateways: Vec<SocketAddr>, damage: Arc<Damage>) {
    let mut connections = JoinSet::new();
    for gateway in gateways.into_iter().cycle() {
        let Ok((client, _)) = listener.accept().await else {
            return;
        };
        let damage = Arc::clone(&damage);
        connections.spawn(async move {
            // A connection that fails is what a network is.
            let _ = carry(client, gateway, &damage).await;
        });
    }
}

/// Carries both ways until a side closes, or the damage is done.
async fn carry(mut client: TcpStream, gateway: SocketAddr, damage: &Damage) -> std::io::Result<()> {
    let mut gateway = TcpStream::connect(gateway).await?;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_gateway, mut to_gateway) = gateway.split();
    let forth = tokio::io::copy(&mut from_client, &mut to_gateway);
    let back = async {
        let mut piece = vec![0; PIECE];
        loop {
            let read = from_gateway.read(&mut piece).await?;
            let said = &piece[..read];
            if read == 0 || damage.loses(said) {
                return Ok(());
            }
            let middle = said.windows(MIDDLE.len()).position(|part| part == MIDDLE);
            if let Some(at) = middle.filter(|_| damage.cuts_here()) {
                return to_client.write_all(&said[..at]).await;
            }
            to_client.write_all(said).await?;
        }
    };
    tokio::select! {
        ended = forth => ended.map(drop),
        ended = back => ended,
    }
}
