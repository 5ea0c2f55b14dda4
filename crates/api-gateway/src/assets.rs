//! Which asset a name means: a symbol of the token list, or the address of any mint on the chain.

use std::sync::Arc;

use api_types::problem::FieldError;
use domain::{Asset, Mint, TokenList};
use ports::AssetSource;
use ports::asset_source::Found;

use crate::deadline;
use crate::error::{ApiError, Code, Result};
use crate::limits::{Limits, Payer};

/// What is said of a name that is neither a symbol nor an address.
const NO_NAME: &str =
    "is neither a listed token's symbol nor a mint's address; GET /api/tokens lists symbols";
/// What is said of an address at which no mint stands.
const NO_MINT: &str = "is the address of no mint on the chain";
/// What is said of a `tokenOut` that is the `tokenIn`.
pub(crate) const SAME_TOKEN: &str = "must be another token than tokenIn";
/// The codes of refusals for which tokens are the reason; the first goes before the others.
const CODES: [Code; 3] = [
    Code::TokenRequired,
    Code::UnknownToken,
    Code::TokenNotTradable,
];

/// Mints that no list names, with what was found out about each.
pub(crate) type LookedUp = Vec<(Mint, Found)>;

/// What names mean, as far as is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    tokens: &'a TokenList,
    looked_up: &'a [(Mint, Found)],
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    Asset(Asset),
    /// A mint that was not looked up yet.
    Unlisted(Mint),
    NotTradable(String),
    NoMint,
    /// Neither a symbol nor an address.
    Nothing,
}

impl<'a> Names<'a> {
    /// Those of the list alone.
    pub(crate) const fn listed(tokens: &'a TokenList) -> Self {
        let looked_up = &[];
        Self { tokens, looked_up }
    }

    /// The same with mints that were looked up.
    pub(crate) const fn and(self, looked_up: &'a [(Mint, Found)]) -> Self {
        Self { looked_up, ..self }
    }

    pub(crate) fn meaning(&self, name: &str) -> Meaning {
        if let Some(asset) = self.tokens.find(name) {
            return Meaning::Asset(asset);
        }
        let Ok(mint) = name.parse::<Mint>() else {
            return Meaning::Nothing;
        };
        // A token list without it does not make SOL another asset.
        if mint == Mint::SOL {
            return Meaning::Asset(Asset::SOL);
        }
        let mut looked_up = self.looked_up.iter();
        match looked_up.find(|(known, _)| *known == mint) {
            Some((_, Found::Asset(asset))) => Meaning::Asset(*asset),
            Some((_, Found::NotTradable(why))) => Meaning::NotTradable(why.clone()),
            Some((_, Found::NoMint)) => Meaning::NoMint,
            None => Meaning::Unlisted(mint),
        }
    }
}

impl Meaning {
    /// What is at fault where it is no asset, and with which code if nothing else is.
    pub(crate) fn asset(self) -> std::result::Result<Asset, (Code, String)> {
        match self {
            Self::Asset(asset) => Ok(asset),
            Self::NotTradable(why) => Err((Code::TokenNotTradable, why)),
            Self::NoMint | Self::Unlisted(_) => Err((Code::UnknownToken, NO_MINT.to_owned())),
            Self::Nothing => Err((Code::InvalidOrder, NO_NAME.to_owned())),
        }
    }
}

/// Where mints are looked up that no list names.
#[derive(Debug)]
pub(crate) struct Assets {
    pub(crate) tokens: Arc<TokenList>,
    source: Arc<dyn AssetSource>,
}

impl Assets {
    pub(crate) fn new(tokens: Arc<TokenList>, source: Arc<dyn AssetSource>) -> Self {
        Self { tokens, source }
    }

    /// Looks these up. Only a question to the chain counts against the client's rate.
    pub(crate) async fn look_up(
        &self,
        mints: &[Mint],
        (limits, payer): (&Limits, Option<&Payer>),
    ) -> Result<LookedUp> {
        let mut looked_up = Vec::with_capacity(mints.len());
        for mint in mints {
            let known = deadline::read(self.source.recall(*mint)).await?;
            let found = match known {
                Some(found) => found,
                None => {
                    limits.spend_on_question(payer)?;
                    metrics::counter!("mint_look_ups_total").increment(1);
                    deadline::chain(self.source.look_up(*mint)).await?
                }
            };
            looked_up.push((*mint, found));
        }
        Ok(looked_up)
    }
}

/// A refusal of tokens, field by field; a symbol that nobody knows is refused as any other text would be.
pub(crate) fn refusal(faults: Vec<(Code, FieldError)>, otherwise: Code) -> ApiError {
    let (codes, faults): (Vec<_>, Vec<_>) = faults.into_iter().unzip();
    ApiError::of_faults(code_of(&codes).unwrap_or(otherwise), faults)
}

/// The code of a refusal for which tokens are at fault in these ways; none where one is as wrong as any other text.
pub(crate) fn code_of(faults: &[Code]) -> Option<Code> {
    let is_sound = faults.iter().all(|code| CODES.contains(code));
    let mut codes = CODES.into_iter();
    codes.find(|code| is_sound && faults.contains(code))
}

/// The pair of a request that does not name both tokens, or what is at fault with each that it leaves out.
pub(crate) const fn unnamed(
    is_named: [bool; 2],
    default_pair: Option<(Asset, Asset)>,
) -> std::result::Result<(Asset, Asset), (Code, &'static str)> {
    match (is_named, default_pair) {
        ([false, false], Some(pair)) => Ok(pair),
        (_, Some(_)) => Err((
            Code::InvalidOrder,
            "is missing; give both tokens or neither",
        )),
        (_, None) => Err((Code::TokenRequired, "is required")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_a_listed_asset_or_what_was_looked_up() {
        let tokens = TokenList::mainnet();
        let [traded, hooked, nothing, unlisted] =
            [1, 2, 3, 4].map(|it| Mint::new(domain::Address::new([it; 32])));
        let asset = Asset::token(traded, 3);
        let looked_up = [
            (traded, Found::Asset(asset)),
            (hooked, Found::NotTradable("has a transfer hook".to_owned())),
            (nothing, Found::NoMint),
        ];
        let names = Names::listed(&tokens).and(&looked_up);
        let meaning = |mint: Mint| names.meaning(&mint.to_string());

        assert_eq!(names.meaning("usdc"), Meaning::Asset(Asset::USDC));
        assert_eq!(meaning(traded), Meaning::Asset(asset));
        assert_eq!(
            meaning(hooked).asset().unwrap_err().0,
            Code::TokenNotTradable
        );
        assert_eq!(meaning(nothing).asset().unwrap_err().0, Code::UnknownToken);
        assert_eq!(meaning(unlisted), Meaning::Unlisted(unlisted));
        assert_eq!(names.meaning("NOPE"), Meaning::Nothing);
    }

    #[test]
    fn the_native_mints_address_means_sol_whatever_is_listed() {
        let none = TokenList::new(Vec::new()).unwrap();

        let meaning = Names::listed(&none).meaning(&Mint::SOL.to_string());

        assert_eq!(meaning, Meaning::Asset(Asset::SOL));
    }
}
