//! Receives webhooks of the order engine, takes those that the engine has signed, and prints each once.
//!
//! ```sh
//! WEBHOOK_SECRET=whsec_… PORT=8080 cargo run --example receive
//! ```

#![expect(
    clippy::disallowed_methods,
    reason = "a program of its own: it has no clock handed in, and settings from its environment"
)]

use std::collections::{HashSet, VecDeque};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::web::{self, Bytes, Data, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

/// An older message may be one that somebody recorded.
const TOLERANCE_SECONDS: u64 = 300;
const BODY_BYTES_MAX: usize = 1 << 20;
/// Of so many webhooks it is remembered that they were here.
const KNOWN_MAX: usize = 10_000;

struct Receiver {
    key: Vec<u8>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    ids: HashSet<String>,
    oldest_first: VecDeque<String>,
}

impl Known {
    /// Whether it was not here before.
    fn add(&mut self, id: &str) -> bool {
        let is_new = self.ids.insert(id.to_owned());
        if is_new {
            self.oldest_first.push_back(id.to_owned());
        }
        if self.oldest_first.len() > KNOWN_MAX
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.ids.remove(&oldest);
        }
        is_new
    }
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

/// The id, if one of the signatures is that of these bytes, made by our key a short time ago.
fn genuine<'a>(key: &[u8], request: &'a HttpRequest, body: &[u8]) -> Option<&'a str> {
    let id = header(request, "webhook-id")?;
    let second: u64 = header(request, "webhook-timestamp")?.parse().ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    if now.abs_diff(second) > TOLERANCE_SECONDS {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(format!("{id}.{second}.").as_bytes());
    mac.update(body);
    // Several while a secret is exchanged, with spaces between.
    let given = header(request, "webhook-signature")?.split(' ');
    let mut given = given.filter_map(|it| BASE64_STANDARD.decode(it.strip_prefix("v1,")?).ok());
    given
        .any(|signature| mac.clone().verify_slice(&signature).is_ok())
        .then_some(id)
}

async fn receive(receiver: Data<Receiver>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let Some(id) = genuine(&receiver.key, &request, &body) else {
        return HttpResponse::Unauthorized().finish();
    };
    let Ok(told) = serde_json::from_slice::<Value>(&body) else {
        return HttpResponse::BadRequest().finish();
    };
    // The same webhook may come again: what it causes must happen once.
    let mut known = receiver.known.lock().expect("nobody panics with it");
    if known.add(id) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let order = &told["data"]["order"];
        let (sold, bought) = (text(&order["tokenIn"]), text(&order["tokenOut"]));
        say(&format!("{} {id} {sold} -> {bought}", text(&told["type"])));
    }
    // Only now: whatever is no success comes again.
    HttpResponse::NoContent().finish()
}

fn say(line: &str) {
    // Whoever closed the output reads nothing any more.
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[tokio::main]
async fn main() -> ExitCode {
    let secret = std::env::var("WEBHOOK_SECRET").unwrap_or_default();
    let key = secret.strip_prefix("whsec_");
    let Some(key) = key.and_then(|key| BASE64_STANDARD.decode(key).ok()) else {
        eprintln!("set WEBHOOK_SECRET to the engine's: whsec_ and base64");
        return ExitCode::from(2);
    };
    let port = std::env::var("PORT").ok();
    let port = port.and_then(|port| port.parse().ok()).unwrap_or(8080);
    match serve(key, port).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(key: Vec<u8>, port: u16) -> std::io::Result<()> {
    let receiver = Data::new(Receiver {
        key,
        known: Mutex::default(),
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(receiver.clone())
            .app_data(PayloadConfig::new(BODY_BYTES_MAX))
            .default_service(web::post().to(receive))
    });
    let server = server.workers(1).bind(("127.0.0.1", port))?;
    for address in server.addrs() {
        say(&format!("listening on {}", address.port()));
    }
    server.run().await
}
