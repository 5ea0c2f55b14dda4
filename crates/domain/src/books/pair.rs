//! What a trade is counted in.

use crate::asset::{Asset, Mint};

const USDT: Mint = Mint::literal("Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB");

/// What others are counted in, the first before the next.
const QUOTES: [Mint; 3] = [Asset::USDC.mint, USDT, Mint::SOL];

/// A token and the one that its cost and profit are counted in. Whoever trades SOL for USDC trades SOL, and counts in
/// USDC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    pub token: Mint,
    pub quote: Mint,
}

impl Pair {
    /// Of two that were traded, in whichever direction. Where neither is a usual quote, the one with the lower address
    /// serves as one, so that there is one position whichever was sold first.
    #[must_use]
    pub fn of(one: Mint, other: Mint) -> Self {
        let rank = |mint: Mint| {
            let place = QUOTES.iter().position(|quote| *quote == mint);
            (place.unwrap_or(QUOTES.len()), mint)
        };
        let (token, quote) = match rank(one) < rank(other) {
            true => (other, one),
            false => (one, other),
        };
        Self { token, quote }
    }

    /// Whether it is counted in USDC, USDT or SOL.
    #[must_use]
    pub fn is_usual(self) -> bool {
        QUOTES.contains(&self.quote)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BONK: Mint = Mint::literal("DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263");
    const JUP: Mint = Mint::literal("JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN");

    #[test]
    fn a_trade_is_counted_in_dollars_before_sol_and_in_either_direction_alike() {
        let usdc = Asset::USDC.mint;
        for (token, quote, is_usual) in [
            (BONK, Mint::SOL, true),
            (BONK, usdc, true),
            (Mint::SOL, usdc, true),
            (Mint::SOL, USDT, true),
            (USDT, usdc, true),
            (BONK, JUP, false),
        ] {
            let pair = Pair { token, quote };
            assert_eq!(Pair::of(token, quote), pair);
            assert_eq!(Pair::of(quote, token), pair);
            assert_eq!(pair.is_usual(), is_usual);
        }
    }
}
