//! `POST /api/admin/orders/{id}/dead`: an operator's word that a transaction is dead which nobody can prove dead.
//!
//! The chain is asked first: what it knows is not dead, and while it does not answer no word is taken. The store keeps
//! the word; the worker that takes the order next asks once more and goes on with it.

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use api_types::admin::{AdminDeclareDead, AdminDeclaredDead};
use api_types::doubt::DeclaredDeadView;
use domain::transaction::Signature;
use domain::{Order, OrderId, State, Status};
use ports::doubt::{Spoken, Word};

use crate::deadline::{self, chain_unavailable};
use crate::doorstep::Operator;
use crate::error::{ApiError, Code, Result};
use crate::http::fields::reason;
use crate::http::payload;
use crate::parameters::order_id_in_path;
use crate::state::Ctx;

/// Say that an order's transaction is dead
///
/// For an order that stays submitted because no endpoint can prove its transaction dead. Once the transaction can no
/// longer land by any clock, the order is tried again or fails, as after a proof. If it had landed after all, the order
/// is executed twice: look at an explorer first.
#[utoipa::path(
    post,
    path = "/api/admin/orders/{id}/dead",
    operation_id = "declareDead",
    tag = "admin",
    params(("id" = uuid::Uuid, Path, description = "The submitted order's id")),
    request_body = AdminDeclareDead,
    responses((status = 200, description = "The word is taken", body = AdminDeclaredDead))
)]
pub(crate) async fn declare_dead(
    ctx: Ctx,
    operator: Operator,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse> {
    let id = order_id_in_path(&request)?;
    let body = payload::read_json(&request, payload).await?;
    let reason = reason(&body)?;
    let found = deadline::read(ctx.ports.store.order(id, None)).await?;
    let order = found.ok_or_else(ApiError::order_not_found)?;
    ask_the_chain(&ctx, &order).await?;
    match say(&ctx, operator, id, reason).await? {
        Spoken::Taken(word) => Ok(HttpResponse::Ok().json(AdminDeclaredDead {
            success: true,
            order_id: id.uuid(),
            declared_dead: view(&word),
        })),
        Spoken::NotSubmitted { status } => Err(not_submitted(id, status)),
        Spoken::Unknown => Err(ApiError::order_not_found()),
    }
}

/// Refuses a word about a transaction that is known, or that cannot be asked about.
async fn ask_the_chain(ctx: &Ctx, order: &Order) -> Result<()> {
    let State::Submitted { signature, .. } = &order.state else {
        return Err(not_submitted(order.id, order.status()));
    };
    if is_known(ctx, signature).await? {
        let detail =
            format!("the chain knows the transaction {signature}: the order ends by itself");
        let refused = ApiError::new(Code::TransactionKnown, detail);
        return Err(refused.with_order(order.id).with_status(order.status()));
    }
    Ok(())
}

async fn is_known(ctx: &Ctx, signature: &Signature) -> Result<bool> {
    let Some(statuses) = &ctx.statuses else {
        return Err(chain_unavailable("this gateway cannot ask the chain"));
    };
    let asking = async {
        let root = statuses.root().await?;
        statuses
            .of(std::slice::from_ref(signature), root.slot)
            .await
    };
    let stands = deadline::chain(asking).await?;
    Ok(stands.iter().any(Option::is_some))
}

async fn say(
    ctx: &Ctx,
    Operator { actor }: Operator,
    id: OrderId,
    reason: String,
) -> Result<Spoken> {
    let parts = ctx.clone();
    let saying = async move {
        let saying = parts.ports.store.say_dead(id, actor, &reason);
        let spoken = deadline::write(saying).await?;
        if let Spoken::Taken(_) = spoken {
            metrics::counter!(crate::telemetry::WORDS_TOTAL).increment(1);
            tracing::warn!(order.id = %id, actor, "{actor} says that the transaction of order {id} is dead: {reason}");
            // The next sweep brings it to a worker. Where this fails, its own next look does.
            if let Err(error) = deadline::write(parts.ports.store.make_due(&[id])).await {
                tracing::debug!(order.id = %id, %error, "order {id} could not be made due: {error}");
            }
        }
        Ok(spoken)
    };
    ctx.intake.acts.run_to_end(saying).await
}

fn not_submitted(id: OrderId, status: Status) -> ApiError {
    let detail = format!("the order is {status}: it has no transaction that may still land");
    let refused = ApiError::new(Code::NotSubmitted, detail);
    refused.with_order(id).with_status(status)
}

fn view(word: &Word) -> DeclaredDeadView {
    DeclaredDeadView {
        at: word.at.to_string(),
        reason: word.reason.clone(),
    }
}
