//! `GET /api/orders/{id}/transaction`: what an order's newest transaction told the chain's programs.

use actix_web::{HttpRequest, HttpResponse};
use api_types::transaction::{AccountUseView, FieldView, InstructionView, TransactionAnswer};
use domain::order::State;
use domain::transaction::Signature;
use domain::{Order, OrderId};
use ports::transaction_reader::{ReadInstruction, ReadTransaction};

use crate::auth::Caller;
use crate::deadline;
use crate::error::{ApiError, Code, Result};
use crate::parameters::order_id_in_path;
use crate::state::{AppState, Ctx};

/// What an order's newest transaction does
///
/// Its instructions as the chain has them. 404 while the chain does not show it.
#[utoipa::path(
    get,
    path = "/api/orders/{id}/transaction",
    operation_id = "getOrderTransaction",
    tag = "orders",
    params(("id" = uuid::Uuid, Path, description = "The order's id")),
    responses((status = 200, description = "The transaction, read back from the chain", body = TransactionAnswer))
)]
pub(crate) async fn transaction(
    ctx: Ctx,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let id = order_id_in_path(&request)?;
    let order = ctx.order(id, &caller).await?;
    let Some(reader) = ctx.transactions.as_deref() else {
        return Err(nothing("this gateway cannot read transactions"));
    };
    let Some(signature) = newest_signature(&ctx, &order).await? else {
        return Err(nothing("the order has no transaction yet"));
    };
    match deadline::chain(reader.transaction(&signature)).await? {
        Some(read) => Ok(HttpResponse::Ok().json(answer(id, &signature, read))),
        None => Err(nothing("the chain does not show the order's transaction")),
    }
}

fn nothing(detail: &'static str) -> ApiError {
    ApiError::new(Code::NotFound, detail)
}

/// A state that has no signature may stand behind an execution that was rolled back.
async fn newest_signature(ctx: &AppState, order: &Order) -> Result<Option<Signature>> {
    match &order.state {
        State::Submitted { signature, .. } => Ok(Some(signature.clone())),
        State::Confirmed { fill } => Ok(Some(fill.signature.clone())),
        _ => {
            let mut signatures = deadline::read(ctx.ports.store.signatures_of(order.id)).await?;
            Ok(signatures.pop())
        }
    }
}

fn answer(id: OrderId, signature: &Signature, read: ReadTransaction) -> TransactionAnswer {
    TransactionAnswer {
        success: true,
        order_id: id.uuid(),
        signature: signature.as_str().to_owned(),
        slot: read.slot,
        error: read.error,
        instructions: read.instructions.into_iter().map(instruction).collect(),
    }
}

fn instruction(read: ReadInstruction) -> InstructionView {
    let accounts = read.accounts.into_iter().map(|account| AccountUseView {
        address: account.address.to_string(),
        role: account.role,
        signer: account.is_signer,
        writable: account.is_writable,
    });
    let fields = read.fields.into_iter().map(|field| FieldView {
        name: field.name,
        value: field.value,
    });
    InstructionView {
        program: read.program.to_string(),
        program_name: read.program_name,
        name: read.name,
        accounts: accounts.collect(),
        data: fields.collect(),
    }
}
