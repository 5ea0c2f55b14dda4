//! The pair of tokens that a query names.

use actix_web::HttpRequest;
use api_types::problem::FieldError;
use domain::{Asset, Mint};

use crate::assets::{self, Meaning, Names};
use crate::auth::Caller;
use crate::error::{ApiError, Code, Result};
use crate::parameters::Parameters;
use crate::state::AppState;

const NAMES: [&str; 2] = ["tokenIn", "tokenOut"];

/// The assets of a request's `tokenIn` and `tokenOut`; mints that no list names are looked up.
pub(super) async fn of(
    ctx: &AppState,
    (request, caller): (&HttpRequest, &Caller),
    parameters: &Parameters,
) -> Result<(Asset, Asset)> {
    let [token_in, token_out] = [parameters.get(NAMES[0])?, parameters.get(NAMES[1])?];
    let (token_in, token_out) = match (token_in, token_out, ctx.intake.default_pair()) {
        (Some(token_in), Some(token_out), _) => (token_in, token_out),
        (None, None, Some(pair)) => return Ok(pair),
        (None, None, None) => return Err(required()),
        (given, _, _) => {
            let missing = if given.is_some() { NAMES[1] } else { NAMES[0] };
            let message = "is missing; give both tokens or neither";
            return Err(ApiError::invalid_parameter(missing, message));
        }
    };
    let listed = Names::listed(&ctx.tokens);
    let texts = [token_in, token_out];
    let unlisted: Vec<Mint> = texts
        .into_iter()
        .filter_map(|text| match listed.meaning(text) {
            Meaning::Unlisted(mint) => Some(mint),
            _ => None,
        })
        .collect();
    let looked_up = match unlisted.is_empty() {
        true => Vec::new(),
        false => {
            let has_limits = ctx.intake.has_limits();
            let payer = has_limits.then(|| ctx.doorstep.payer(request, caller));
            ctx.intake.look_up(&unlisted, payer.as_ref()).await?
        }
    };
    let names = listed.and(&looked_up);
    let [asset_in, asset_out] = texts.map(|text| names.meaning(text).asset());
    match (asset_in, asset_out) {
        (Ok(asset_in), Ok(asset_out)) if asset_in == asset_out => {
            let message = "must be another token than tokenIn";
            Err(ApiError::invalid_parameter(NAMES[1], message))
        }
        (Ok(asset_in), Ok(asset_out)) => Ok((asset_in, asset_out)),
        (asset_in, asset_out) => {
            let faults = NAMES.into_iter().zip([asset_in.err(), asset_out.err()]);
            let faults = faults.filter_map(|(name, fault)| {
                let (code, message) = fault?;
                let field = name.to_owned();
                Some((code, FieldError { field, message }))
            });
            Err(assets::refusal(faults.collect(), Code::InvalidParameter))
        }
    }
}

fn required() -> ApiError {
    let fault = |name: &str| FieldError {
        field: name.to_owned(),
        message: "is required".to_owned(),
    };
    ApiError::of_faults(Code::TokenRequired, NAMES.map(fault).into())
}
