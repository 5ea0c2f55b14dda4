//! Sends every kind of input to every endpoint of a separate engine: requests and sockets that are
//! right, slightly changed, or built to harm, with every header that changes what a request means.
//!
//! Whatever it gets within the limits, the engine
//! 1. lives on, and logs no panic and no error;
//! 2. answers, and never with a 5xx that the contract does not name;
//! 3. spends no more than [`MOST_CPU`] on one input;
//! 4. lists every order that it accepted, once.
//!
//! Inputs are measured in batches: if a whole batch stays under the limit, each of its inputs did.
//! Otherwise the inputs of the batch are sent again one by one, and only an input that is expensive
//! every time counts, because the engine also has other work.

pub mod bodies;

mod dice;
mod frames;
mod headers;
mod shot;
mod verdict;
mod wire;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::future::join_all;
use load::progress::Progress;
use serde_json::Value;
use tokio::time::{Instant, sleep};

pub use verdict::Verdict;

use crate::cpu;
use crate::engine::Engine;
use crate::http::http;
use dice::{Dice, FRESH, ORDER};
use shot::{Shot, Target};
use verdict::Fault;
use wire::{Heard, Wire};

/// What one request or socket may cost. A build for debugging does the same with many times the
/// instructions.
pub const MOST_CPU: Duration = Duration::from_millis(if cfg!(debug_assertions) { 150 } else { 50 });
/// Connections side by side.
const LANES: usize = 8;
/// Shots of a lane between two looks at the clock.
const SHOTS_OF_A_LANE: usize = 6;
/// How often one is sent by itself before it counts as dear: the engine may have other work once or twice.
const TRIES: usize = 5;
/// As many as a page of the API may hold.
const PAGE: usize = 200;
/// What an engine needs to stop.
const STOPPED: i32 = 0;

/// Two engines: one without keys, and one with all that a gateway on the internet has.
const WORLDS: [(&str, &[(&str, &str)]); 2] = [
    ("without keys", &[]),
    (
        "with keys",
        &[
            ("API_KEYS", "desk:alpha,fund:beta"),
            ("ADMIN_KEY", "root"),
            ("CORS_ORIGINS", "https://desk.example"),
            ("TRUST_PROXY", "1"),
            ("CLIENT_RATE_LIMIT_PER_MINUTE", "10000000"),
            ("CLIENT_MAX_OPEN_ORDERS", "10000000"),
        ],
    ),
];

/// How many, and from which seed.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub requests: usize,
    pub seed: u64,
}

/// Runs the plan; an error is the harness's own, what the engine did wrong stands in the verdict.
pub async fn run(plan: Plan) -> Result<Verdict> {
    let mut verdict = Verdict::of(plan);
    let progress = Progress::of_steps(plan.requests);
    let dice = Dice::seeded(plan.seed);
    let share = plan.requests.div_ceil(WORLDS.len());
    for (name, settings) in WORLDS {
        progress.say(&format!("{share} against an engine {name}"));
        let mut siege = Siege::of(settings).await?;
        siege.fire(&dice, share, &progress, &mut verdict).await?;
        siege.settle(&mut verdict).await?;
    }
    Ok(verdict)
}

/// An engine that is shot at.
#[derive(Debug)]
struct Siege {
    engine: Engine,
    pid: u32,
    target: Target,
    lanes: Vec<Wire>,
    accepted: BTreeSet<String>,
    latest: String,
    sent: u64,
}

impl Siege {
    async fn of(settings: &[(&str, &str)]) -> Result<Self> {
        let mut engine = Engine::start(settings).await?;
        let document: Value = http()
            .get(engine.url("/openapi.json"))
            .send()
            .await?
            .json()
            .await?;
        let has_keys = settings.iter().any(|(name, _)| *name == "API_KEYS");
        let token = if has_keys {
            Some(token(&engine).await?)
        } else {
            None
        };
        Ok(Self {
            pid: engine.program().pid(),
            target: Target {
                doors: doors(&document)?,
                has_keys,
                token,
            },
            lanes: (0..LANES).map(|_| Wire::to(engine.address())).collect(),
            accepted: BTreeSet::new(),
            latest: ORDER.to_owned(),
            sent: 0,
            engine,
        })
    }

    async fn fire(
        &mut self,
        dice: &Dice,
        count: usize,
        progress: &Progress,
        verdict: &mut Verdict,
    ) -> Result<()> {
        let (begun, mut fired) = (verdict.sent(), 0);
        while fired < count && verdict.may_go_on() {
            let batch: Vec<Shot> = (0..LANES * SHOTS_OF_A_LANE)
                .map(|_| self.target.draw(dice))
                .collect();
            fired += batch.len();
            let before = cpu::of_process(self.pid)?;
            self.volley(&batch, verdict).await;
            if self.engine.program().has_ended() {
                break;
            }
            if cpu::of_process(self.pid)?.saturating_sub(before) > MOST_CPU {
                self.judge(&batch, verdict).await?;
            }
            progress.reach_step(begun + fired);
        }
        Ok(())
    }

    /// Sends a batch over all lanes.
    async fn volley(&mut self, batch: &[Shot], verdict: &mut Verdict) {
        let shots: Vec<Shot> = batch.iter().map(|shot| self.aimed(shot)).collect();
        let lanes = self.lanes.iter_mut().zip(shots.chunks(SHOTS_OF_A_LANE));
        let flying = lanes.map(|(lane, shots)| async move {
            let mut ends = Vec::new();
            for shot in shots {
                ends.push(lane.send(shot).await);
            }
            ends
        });
        let ends = join_all(flying).await;
        for (shot, end) in shots.iter().zip(ends.into_iter().flatten()) {
            self.note(shot, end, verdict);
        }
    }

    /// Sends each of a batch by itself, several times where it is dear.
    async fn judge(&mut self, batch: &[Shot], verdict: &mut Verdict) -> Result<()> {
        for shot in batch {
            let mut least = Duration::MAX;
            for _ in 0..TRIES {
                let shot = self.aimed(shot);
                let (before, began) = (cpu::of_process(self.pid)?, Instant::now());
                let end = self.lanes[0].send(&shot).await;
                let spent = cpu::of_process(self.pid)?.saturating_sub(before);
                self.note(&shot, end, verdict);
                least = least.min(match spent > MOST_CPU {
                    true => spent.saturating_sub(self.spent_in(began.elapsed()).await?),
                    false => spent,
                });
                if least <= MOST_CPU {
                    break;
                }
            }
            verdict.cost(&shot.what, least);
            if least > MOST_CPU {
                verdict.fault(
                    Fault::Dear,
                    &shot.what,
                    &format!("{least:?} of a processor"),
                );
            }
        }
        Ok(())
    }

    /// What the engine spends in so long a time on what it does beside requests: some wait two seconds for others.
    async fn spent_in(&self, time: Duration) -> Result<Duration> {
        let before = cpu::of_process(self.pid)?;
        sleep(time).await;
        Ok(cpu::of_process(self.pid)?.saturating_sub(before))
    }

    /// The shot with what each sending has of its own.
    fn aimed(&mut self, shot: &Shot) -> Shot {
        self.sent += 1;
        let fresh = format!("F{:011}", self.sent);
        let mut shot = shot.clone();
        replace(&mut shot.bytes, FRESH.as_bytes(), fresh.as_bytes());
        replace(&mut shot.bytes, ORDER.as_bytes(), self.latest.as_bytes());
        if let shot::Kind::Socket { said, .. } = &mut shot.kind {
            replace(said, FRESH.as_bytes(), fresh.as_bytes());
        }
        shot
    }

    fn note(&mut self, shot: &Shot, end: Result<Heard>, verdict: &mut Verdict) {
        let heard = match end {
            Ok(heard) => heard,
            Err(error) => return verdict.fault(Fault::Silent, &shot.what, &format!("{error:#}")),
        };
        verdict.count(heard.status);
        for said in &heard.said {
            let is_order = said["success"] == true && said["orderId"].is_string();
            if is_order && (said["wsUrl"].is_string() || said["retryOf"].is_string()) {
                let id = said["orderId"].as_str().unwrap_or_default();
                id.clone_into(&mut self.latest);
                self.accepted.insert(id.to_owned());
            }
            if said["code"] == "internal" {
                verdict.fault(Fault::Server, &shot.what, &said.to_string());
            }
        }
        // The contract names 503 with the time to come back, and nothing else above 499.
        let is_named = heard.status == Some(503) && heard.has_retry_after;
        if heard.status.is_some_and(|status| status >= 500) && !is_named {
            verdict.fault(Fault::Server, &shot.what, &format!("{heard:?}"));
        }
    }

    /// Looks at what is left: an engine that lives, its log, and every order in its list.
    async fn settle(mut self, verdict: &mut Verdict) -> Result<()> {
        verdict.accepted += self.accepted.len();
        let health = http().get(self.engine.url("/health")).send().await;
        if !health.is_ok_and(|answer| answer.status() == 200) {
            verdict.end(&self.last_words());
            return Ok(());
        }
        self.compare(verdict).await?;
        let code = self.engine.stop().await?;
        if code != Some(STOPPED) {
            verdict.fault(Fault::Ended, "SIGTERM", &format!("exit code {code:?}"));
        }
        let log = std::fs::read_to_string(self.engine.log())?;
        let bad = |line: &&str| line.contains("panicked") || line.contains("ERROR");
        for line in log.lines().filter(bad) {
            verdict.fault(Fault::Logged, "the log", line);
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.engine.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.join("\n")
    }

    async fn compare(&self, verdict: &mut Verdict) -> Result<()> {
        let mut listed = BTreeSet::new();
        let mut cursor = String::new();
        loop {
            let url = self
                .engine
                .url(&format!("/api/orders?limit={PAGE}{cursor}"));
            let answer = http().get(url).header("x-api-key", "root").send().await?;
            let page: Value = answer.error_for_status()?.json().await?;
            for order in page["orders"].as_array().context("orders")? {
                let id = order["orderId"].as_str().context("an id")?.to_owned();
                if !listed.insert(id.clone()) {
                    verdict.fault(Fault::Orders, &id, "is listed twice");
                }
            }
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        for id in self.accepted.difference(&listed) {
            verdict.fault(Fault::Orders, id, "was accepted and is not listed");
        }
        Ok(())
    }
}

/// Every method and path of the document, and some beside it.
fn doors(document: &Value) -> Result<Vec<(String, String)>> {
    let paths = document["paths"].as_object().context("paths")?;
    let known = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flat_map(|item| item.keys());
        let methods = methods.filter(|method| ["get", "post", "patch"].contains(&method.as_str()));
        methods.map(move |method| (method.to_uppercase(), path.clone()))
    });
    let beside = [
        "/",
        "/docs",
        "/docs/index.html",
        "/docs/..%2f..%2fetc/passwd",
        "/assets/app.js",
        "/assets/../app.js",
        "/api/nowhere",
        "/api/admin/nowhere",
        "//",
        "/*",
        "http://localhost/health",
    ];
    let beside = beside.map(|path| ("GET".to_owned(), path.to_owned()));
    let doors: Vec<(String, String)> = known.chain(beside).collect();
    ensure!(doors.len() > 30, "{doors:?} are not all doors");
    Ok(doors)
}

async fn token(engine: &Engine) -> Result<String> {
    let asking = http().post(engine.url("/api/ws-token"));
    let answer = asking.header("x-api-key", "alpha").send().await?;
    let answer: Value = answer.error_for_status()?.json().await?;
    Ok(answer["token"].as_str().context("a token")?.to_owned())
}

/// Puts a text of the same length in another one's place, wherever that stands.
fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let mut place = 0;
    while let Some(rest) = bytes.get_mut(place..)
        && let Some(at) = rest.windows(from.len()).position(|part| part == from)
    {
        rest[at..at + to.len()].copy_from_slice(to);
        place += at + from.len();
    }
}
