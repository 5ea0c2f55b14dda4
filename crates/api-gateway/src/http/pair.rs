//! The pair of tokens that a query names.

use actix_web::HttpRequest;
use api_types::problem::FieldError;
use domain::{Asset, Mint};

use crate::assets::{self, Meaning, Names, SAME_TOKEN};
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
    let given = [parameters.get(NAMES[0])?, parameters.get(NAMES[1])?];
    let [Some(token_in), Some(token_out)] = given else {
        let is_named = given.map(|text| text.is_some());
        let pair = assets::unnamed(is_named, ctx.intake.default_pair());
        return pair.map_err(|(code, message)| {
            let faults = is_named.map(|is_named| (!is_named).then(|| (code, message.to_owned())));
            refusal(faults)
        });
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
    let has_limits = ctx.intake.has_limits();
    let payer = has_limits.then(|| ctx.doorstep.payer(request, caller));
    let looked_up = ctx.intake.look_up(&unlisted, payer.as_ref()).await?;
    let names = listed.and(&looked_up);
    let [asset_in, asset_out] = texts.map(|text| names.meaning(text).asset());
    match (asset_in, asset_out) {
        (Ok(asset_in), Ok(asset_out)) if asset_in == asset_out => {
            Err(ApiError::invalid_parameter(NAMES[1], SAME_TOKEN))
        }
        (Ok(asset_in), Ok(asset_out)) => Ok((asset_in, asset_out)),
        (asset_in, asset_out) => Err(refusal([asset_in.err(), asset_out.err()])),
    }
}

/// A refusal of what is at fault with each of the two.
fn refusal(faults: [Option<(Code, String)>; 2]) -> ApiError {
    let faults = NAMES.into_iter().zip(faults).filter_map(|(name, fault)| {
        let (code, message) = fault?;
        let field = name.to_owned();
        Some((code, FieldError { field, message }))
    });
    assets::refusal(faults.collect(), Code::InvalidParameter)
}
