//! The usual JSON of token lists: an array of tokens, bare or as the member `tokens`.

use serde::Deserialize;

use super::{Ambiguous, Listing, TokenList};
use crate::asset::{Asset, LISTED, Mint, TokenProgram};

/// The address of the token program with extensions, as lists name it.
const TOKEN_2022: &str = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
/// What lists tag its mints with.
const TAG_2022: &str = "token-2022";

/// Why a text is no token list.
#[derive(Debug, thiserror::Error)]
pub enum NoList {
    /// It has another form.
    #[error("it is not written as one: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A name in it has two meanings.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Document {
    Tokens(Vec<Token>),
    Named { tokens: Vec<Token> },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    address: String,
    symbol: String,
    name: Option<String>,
    decimals: u8,
    token_program: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
}

impl TokenList {
    /// Reads the usual JSON. Members that it does not need are ignored.
    pub fn from_json(text: &str) -> Result<Self, NoList> {
        let tokens = match serde_json::from_str(text)? {
            Document::Tokens(tokens) | Document::Named { tokens } => tokens,
        };
        let listings = tokens.into_iter().map(Token::listing);
        Ok(Self::new(listings.collect::<Result<_, _>>()?)?)
    }
}

impl Token {
    fn listing(self) -> Result<Listing, NoList> {
        let mint = self.address.parse::<Mint>();
        let mint = mint.map_err(|error| {
            let line = format!("{} of {}: {error}", self.address, self.symbol);
            <serde_json::Error as serde::de::Error>::custom(line)
        })?;
        let asset = Asset {
            mint,
            decimals: self.decimals,
            program: self.program(mint),
        };
        Ok(Listing {
            name: self.name.unwrap_or_else(|| self.symbol.clone()),
            symbol: self.symbol,
            asset,
        })
    }

    /// Many lists do not say to which program a mint belongs: then what is known here counts.
    fn program(&self, mint: Mint) -> TokenProgram {
        let is_extended = match &self.token_program {
            Some(program) => program == TOKEN_2022,
            None => self.tags.iter().any(|tag| tag == TAG_2022),
        };
        let known = LISTED.iter().find(|(_, _, known)| known.mint == mint);
        match (is_extended, known) {
            (true, _) => TokenProgram::Token2022,
            (false, Some((_, _, known))) if self.token_program.is_none() => known.program,
            (false, _) => TokenProgram::Token,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOL: &str =
        r#"{"address":"So11111111111111111111111111111111111111112","symbol":"SOL","decimals":9}"#;
    const OTHER: &str = r#"{"chainId":101,"address":"9BB6NFEcjBCtnNLFko2FqVQBq8HHM13kCyYcdQbgpump","symbol":"FART","name":"Fartcoin","decimals":6,"tags":["token-2022"],"logoURI":null}"#;

    #[test]
    fn both_usual_forms_are_read() {
        for text in [
            format!("[{SOL},{OTHER}]"),
            format!(r#"{{"name":"a list","tokens":[{SOL},{OTHER}],"version":{{"major":1}}}}"#),
        ] {
            let list = TokenList::from_json(&text).unwrap();

            assert_eq!(list.find("sol"), Some(Asset::SOL));
            assert_eq!(list.listings()[0].name, "SOL");
            let other = list.find("FART").unwrap();
            assert_eq!(
                (other.decimals, other.program),
                (6, TokenProgram::Token2022)
            );
            assert_eq!(list.listings()[1].name, "Fartcoin");
        }
    }

    #[test]
    fn the_program_is_known_where_the_list_does_not_say_it() {
        let known = LISTED
            .iter()
            .find(|(_, _, asset)| asset.program == TokenProgram::Token2022);
        let (_, _, asset) = known.expect("one of the listed assets has extensions");
        let entry = |more: &str| {
            let mint = asset.mint;
            let text = format!(r#"[{{"address":"{mint}","symbol":"X","decimals":6{more}}}]"#);
            TokenList::from_json(&text).unwrap().listings()[0]
                .asset
                .program
        };

        assert_eq!(entry(""), TokenProgram::Token2022);
        let program = r#","tokenProgram":"TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA""#;
        assert_eq!(entry(program), TokenProgram::Token);
    }

    #[test]
    fn what_is_no_list_is_refused_in_one_line() {
        let twice = format!("[{SOL},{}]", SOL.replace("\"SOL\"", "\"sOl\""));
        for (text, line) in [
            ("", "EOF"),
            ("{}", "did not match"),
            (r#"[{"symbol":"SOL"}]"#, "did not match"),
            (
                r#"[{"address":"0","symbol":"SOL","decimals":9}]"#,
                "0 of SOL",
            ),
            (&twice, "the symbol sOl stands twice"),
        ] {
            let error = TokenList::from_json(text).expect_err("no list").to_string();

            assert!(error.contains(line), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
