//! Fills as CSV by RFC 4180.

use actix_web::web::Bytes;
use api_types::fill::FillView;

const COLUMNS: [&str; 25] = [
    "confirmedAt",
    "orderId",
    "clientOrderId",
    "client",
    "orderType",
    "wallet",
    "tokenIn",
    "tokenOut",
    "tokenInMint",
    "tokenOutMint",
    "amountIn",
    "amountOut",
    "executedPrice",
    "route",
    "txHash",
    "slot",
    "feeLamports",
    "priorityFeeLamports",
    "rentPaidLamports",
    "rentReturnedLamports",
    "computeUnits",
    "leftover",
    "finalizedAt",
    "vanishedAt",
    "diedAt",
];

/// The first line.
pub(super) fn heading() -> Bytes {
    line(COLUMNS.map(str::to_owned)).into()
}

/// A line for each.
pub(super) fn rows(fills: &[FillView]) -> Bytes {
    let lines = fills.iter().map(|fill| line(row(fill)));
    lines.collect::<String>().into()
}

fn row(fill: &FillView) -> [String; COLUMNS.len()] {
    let legs = fill.route.iter().map(|leg| {
        let (dex, pool) = (leg.dex.name(), leg.pool.name());
        let (sold, bought) = (&leg.token_in, &leg.token_out);
        format!(
            "{dex} {pool} {} {sold} {} {bought}",
            leg.amount_in, leg.amount_out
        )
    });
    let receipt = fill.receipt.as_ref();
    let number = |of: Option<u64>| of.map(|it| it.to_string()).unwrap_or_default();
    let text = |of: Option<&String>| of.cloned().unwrap_or_default();
    let leftover = receipt.iter().flat_map(|it| &it.leftover);
    let leftover = leftover.map(|left| format!("{} {}", left.amount, left.mint));
    [
        fill.confirmed_at.clone(),
        fill.order_id.to_string(),
        text(fill.client_order_id.as_ref()),
        text(fill.client.as_ref()),
        fill.order_type.clone(),
        text(fill.wallet.as_ref()),
        fill.token_in.clone(),
        fill.token_out.clone(),
        fill.token_in_mint.clone(),
        fill.token_out_mint.clone(),
        fill.amount_in.clone(),
        fill.amount_out.clone(),
        fill.executed_price.clone(),
        legs.collect::<Vec<_>>().join("; "),
        fill.tx_hash.clone(),
        number(receipt.map(|it| it.slot)),
        number(receipt.map(|it| it.fee_lamports)),
        number(receipt.map(|it| it.priority_fee_lamports)),
        number(receipt.map(|it| it.rent_paid_lamports)),
        number(receipt.map(|it| it.rent_returned_lamports)),
        number(receipt.and_then(|it| it.compute_units)),
        leftover.collect::<Vec<_>>().join("; "),
        text(receipt.and_then(|it| it.finalized_at.as_ref())),
        text(receipt.and_then(|it| it.vanished_at.as_ref())),
        text(receipt.and_then(|it| it.died_at.as_ref())),
    ]
}

fn line(fields: [String; COLUMNS.len()]) -> String {
    fields.map(|field| quoted(&field)).join(",") + "\r\n"
}

/// A client's own words must not become a formula in somebody's spreadsheet: such a text gets an apostrophe before it.
fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@']);
    let field = match is_formula {
        true => format!("'{field}"),
        false => field.to_owned(),
    };
    match field.contains(['"', ',', '\n', '\r', '\'']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_field_is_quoted_where_it_must_be_and_never_a_formula() {
        for (field, written) in [
            ("1.5", "1.5"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("-5", "\"'-5\""),
        ] {
            assert_eq!(quoted(field), written);
        }
    }
}
