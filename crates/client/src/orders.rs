//! Orders: submitting, reading, cancelling.

use std::time::Duration;

use api_types::event::EventsAnswer;
use api_types::ledger::LedgerAnswer;
use api_types::order::{OrderAnswer, OrderListAnswer};
use api_types::quote::QuotesAnswer;
use api_types::submit::{AcceptedOrder, CancelledOrder, ChangeOrder, OrderTypeName, SubmitOrder};
use api_types::token::TokensAnswer;
use api_types::{OrderView, names::StatusName};
use serde::Serialize;
use uuid::Uuid;

use crate::doubt::{self, Verdict};
use crate::transport::{Client, Failed};
use crate::{Error, Follow};

/// How often a submission is sent before its failure is returned. Its key makes repeating harmless.
const SUBMISSIONS_MAX: u32 = 4;
/// The delay before the second one; it doubles from there.
const RESUBMIT_DELAY: Duration = Duration::from_millis(250);
/// If the engine asks for a longer wait than this, the caller gets the error instead.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(5);

/// Which orders to list.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListQuery {
    pub status: Option<StatusName>,
    pub token_in: Option<String>,
    pub token_out: Option<String>,
    /// A wallet's name or address.
    pub wallet: Option<String>,
    pub order_type: Option<OrderTypeName>,
    /// Only orders that wait for a condition, or only others.
    pub waiting: Option<bool>,
    pub oco_group: Option<String>,
    pub limit: Option<u32>,
    pub cursor: Option<String>,
}

impl Client {
    /// Submits an order. While the engine is down or busy the same submission is repeated a few
    /// times, under one key, so that it makes at most one order.
    pub async fn submit(&self, order: &SubmitOrder) -> Result<AcceptedOrder, Error> {
        self.submit_with_key(order, &self.fresh_key()).await
    }

    /// A new idempotency key.
    #[must_use]
    pub fn fresh_key(&self) -> String {
        format!("{:016x}{:016x}", self.random_bits(), self.random_bits())
    }

    /// The same under the caller's own idempotency key.
    pub async fn submit_with_key(
        &self,
        order: &SubmitOrder,
        key: &str,
    ) -> Result<AcceptedOrder, Error> {
        self.submit_reporting(order, key, |_| {}).await
    }

    /// The same, and reports each failure after which the order is in doubt and the request is
    /// repeated: a caller that is interrupted then needs the key.
    pub async fn submit_reporting(
        &self,
        order: &SubmitOrder,
        key: &str,
        tell: impl Fn(&Error),
    ) -> Result<AcceptedOrder, Error> {
        let mut delay = RESUBMIT_DELAY;
        let mut in_doubt = false;
        let mut tries = 0;
        loop {
            tries += 1;
            let failed = match self.submit_once(order, key).await {
                Ok(accepted) => return Ok(accepted),
                Err(failed) => failed,
            };
            let verdict = doubt::judge(&failed);
            in_doubt = (in_doubt || verdict == Verdict::InDoubt) && verdict != Verdict::Refused;
            let may_change = failed.error.is_transient() || verdict == Verdict::InDoubt;
            let wait = failed.retry_after.unwrap_or_default().max(delay);
            let error = match in_doubt {
                true => Error::InDoubt {
                    key: key.to_owned(),
                    source: Box::new(failed.error),
                },
                false => failed.error,
            };
            if !may_change || wait > RETRY_AFTER_MAX || tries == SUBMISSIONS_MAX {
                return Err(error);
            }
            if in_doubt {
                tell(&error);
            }
            tokio::time::sleep(wait + self.random_below(delay)).await;
            delay *= 2;
        }
    }

    async fn submit_once(&self, order: &SubmitOrder, key: &str) -> Result<AcceptedOrder, Failed> {
        let request = self
            .post("/api/orders/execute")
            .header("Idempotency-Key", key)
            .json(order);
        self.call(request).await
    }

    /// What an order would get now; nothing is stored.
    pub async fn dry_run(&self, order: &SubmitOrder) -> Result<QuotesAnswer, Error> {
        let request = self.post("/api/orders/execute?dryRun=true").json(order);
        Ok(self.call(request).await?)
    }

    /// An order.
    pub async fn order(&self, id: Uuid) -> Result<OrderView, Error> {
        let answer: OrderAnswer = self.get(&format!("/api/orders/{id}")).await?;
        Ok(answer.order)
    }

    /// A page of orders, newest first.
    pub async fn list(&self, query: &ListQuery) -> Result<OrderListAnswer, Error> {
        self.get_with("/api/orders", query).await
    }

    /// An order's events after `since`, or all of them.
    pub async fn events(&self, id: Uuid, since: Option<u32>) -> Result<EventsAnswer, Error> {
        #[derive(Serialize)]
        struct Query {
            since: Option<u32>,
        }
        self.get_with(&format!("/api/orders/{id}/events"), &Query { since })
            .await
    }

    /// Follows an order from its first event to its end, across lost connections.
    #[must_use]
    pub fn follow(&self, id: Uuid) -> Follow {
        Follow::new(self.clone(), id)
    }

    /// Changes an order that waits for a condition, or says that it has fired.
    pub async fn change(&self, id: Uuid, change: &ChangeOrder) -> Result<OrderView, Error> {
        let request = self.patch(&format!("/api/orders/{id}")).json(change);
        let answer: OrderAnswer = self.call(request).await?;
        Ok(answer.order)
    }

    /// Cancels an order in time, or says why it is too late.
    pub async fn cancel(&self, id: Uuid) -> Result<CancelledOrder, Error> {
        let request = self.post(&format!("/api/orders/{id}/cancel"));
        Ok(self.call(request).await?)
    }

    /// Every venue's offer for a swap.
    pub async fn quotes(
        &self,
        token_in: &str,
        token_out: &str,
        amount: &str,
    ) -> Result<QuotesAnswer, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Query<'a> {
            token_in: &'a str,
            token_out: &'a str,
            amount: &'a str,
        }
        let query = Query {
            token_in,
            token_out,
            amount,
        };
        self.get_with("/api/quotes", &query).await
    }

    /// The listed tokens.
    pub async fn tokens(&self) -> Result<TokensAnswer, Error> {
        self.get("/api/tokens").await
    }

    /// What landed on the simulated cluster, of one order or of all.
    pub async fn ledger(
        &self,
        order: Option<Uuid>,
        cursor: Option<&str>,
    ) -> Result<LedgerAnswer, Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Query<'a> {
            order_id: Option<Uuid>,
            cursor: Option<&'a str>,
        }
        let query = Query {
            order_id: order,
            cursor,
        };
        self.get_with("/api/sim/ledger", &query).await
    }
}
