//! Submits one order until its id is known, with an idempotency key or the client's own id for it,
//! and cancels it; sometimes the connection is reset before the answer.

use reqwest::RequestBuilder;
use serde_json::Value;

use super::reset::{Request, post_and_reset};
use super::{CALL_LIMIT, Client, Kept};
use crate::chaos::check::Check;
use crate::http::http;

const PATH: &str = "/api/orders/execute";
/// One of so many orders is submitted with the client's own id, and looked up by it.
const BY_CLIENT_ID: u64 = 4;
/// One of so many begins with a request that is reset.
const RESETS: u64 = 5;
/// One of so many may expire, soon after it was submitted or by a clock that jumps.
const EXPIRING: u64 = 7;
const VALID_FOR_S: u64 = 60;

/// How a client makes sure that its order is one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    /// It repeats the request under its key.
    Key,
    /// It looks the order up under its own id before it submits it again.
    ClientOrderId,
}

/// What one call came to.
enum Answer {
    Order(String),
    /// There is none of this name.
    None,
    /// To be asked again.
    Unknown,
}

impl Client {
    fn name(&self) -> Name {
        match self.number % BY_CLIENT_ID {
            3 => Name::ClientOrderId,
            _ => Name::Key,
        }
    }

    fn body(&self) -> String {
        let number = self.number;
        let mut body = format!(
            r#"{{"tokenIn":"SOL","tokenOut":"USDC","amount":"{}""#,
            1 + number % 5
        );
        if self.name() == Name::ClientOrderId {
            body.push_str(&format!(r#","clientOrderId":"chaos-{number}""#));
        }
        if number.is_multiple_of(EXPIRING) {
            body.push_str(&format!(r#","validForSeconds":{VALID_FOR_S}"#));
        }
        body.push('}');
        body
    }

    fn key(&self) -> Option<String> {
        (self.name() == Name::Key).then(|| format!("chaos-{}", self.number))
    }

    /// Hands the order in until its id is known.
    pub(super) async fn accepted(&self, kept: &mut Kept) -> String {
        let is_reset = self.resets && self.random.below(RESETS) == 0;
        if is_reset && self.hand_in_and_reset().await {
            kept.posts_reset += 1;
        }
        let mut may_be_there = is_reset || !kept.order_id.is_empty();
        loop {
            let answer = match self.name() {
                Name::ClientOrderId if may_be_there => match self.look_up(kept).await {
                    Answer::None => self.hand_in(kept).await,
                    found => found,
                },
                _ => self.hand_in(kept).await,
            };
            if let Answer::Order(id) = answer {
                return id;
            }
            may_be_there = true;
            self.pause().await;
        }
    }

    /// Whether the request was written.
    async fn hand_in_and_reset(&self) -> bool {
        let key = self.key().map(|key| format!("Idempotency-Key: {key}\r\n"));
        let headers = format!(
            "Content-Type: application/json\r\n{}",
            key.unwrap_or_default()
        );
        let request = Request {
            gateway: &self.any_url(""),
            path: PATH,
            headers: &headers,
            body: &self.body(),
        };
        post_and_reset(request, &self.random).await.is_ok()
    }

    async fn hand_in(&self, kept: &mut Kept) -> Answer {
        let mut request = http()
            .post(self.any_url(PATH))
            .header("content-type", "application/json")
            .body(self.body());
        if let Some(key) = self.key() {
            request = request.header("idempotency-key", key);
        }
        let Some((status, text)) = ask(request).await else {
            return Answer::Unknown;
        };
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        let id = answer["orderId"].as_str();
        match (status, id) {
            (201, Some(id)) => Answer::Order(id.to_owned()),
            // It is there under the client's own id.
            (409, Some(id)) if self.name() == Name::ClientOrderId => Answer::Order(id.to_owned()),
            // Busy, or without its store: to be repeated.
            (429 | 503, _) => Answer::Unknown,
            (status, _) => {
                let complaint = format!("answered {status}: {text}");
                kept.complaints.push((Check::Other, complaint));
                Answer::Unknown
            }
        }
    }

    async fn look_up(&self, kept: &mut Kept) -> Answer {
        let path = format!("/api/orders/by-client-id/chaos-{}", self.number);
        let Some((status, text)) = ask(http().get(self.any_url(&path))).await else {
            return Answer::Unknown;
        };
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        match (status, answer["order"]["orderId"].as_str()) {
            (200, Some(id)) => Answer::Order(id.to_owned()),
            (404, _) => Answer::None,
            (429 | 503, _) => Answer::Unknown,
            (status, _) => {
                let complaint = format!("a look-up was answered {status}: {text}");
                kept.complaints.push((Check::Other, complaint));
                Answer::Unknown
            }
        }
    }

    /// Asks until there is an answer; whether the order is cancelled. Half of them ask once before, and
    /// hear no answer.
    pub(super) async fn cancelled(&self, kept: &mut Kept) -> bool {
        let path = format!("/api/orders/{}/cancel", kept.order_id);
        if self.resets && self.random.below(2) == 0 {
            let request = Request {
                gateway: &self.any_url(""),
                path: &path,
                headers: "",
                body: "",
            };
            let written = post_and_reset(request, &self.random).await;
            kept.cancels_reset += usize::from(written.is_ok());
        }
        loop {
            let answer = ask(http().post(self.any_url(&path))).await;
            match answer.map(|(status, _)| status) {
                Some(200) => return true,
                Some(409) => return false,
                _ => self.pause().await,
            }
        }
    }
}

/// The status and the text of an answer that came whole and in time.
async fn ask(request: RequestBuilder) -> Option<(u16, String)> {
    let answer = request.timeout(CALL_LIMIT).send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.text().await.ok()?))
}
