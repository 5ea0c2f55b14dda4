//! What can go wrong with an execution, by name.

use crate::named::named;

named! {
    /// Stable names of what can go wrong with an execution.
    FailureCode {
        /// No venue made an offer in time.
        NoQuote "no_quote"
        /// No pool of the pair may be used.
        NoPool "no_pool"
        /// One of the tokens cannot be traded.
        TokenNotTradable "token_not_tradable"
        /// The pools cannot fill the amount.
        InsufficientLiquidity "insufficient_liquidity"
        /// The amount is too small to buy one base unit.
        AmountTooSmall "amount_too_small"
        /// The best offer is below the order's own minimum.
        BelowMinimum "below_minimum"
        /// The best offer asks more than the order's own maximum.
        AboveMaximum "above_maximum"
        /// Every offer would move its pool's price further than the order allows.
        PriceImpact "price_impact"
        /// The wallet holds less than the transaction needs.
        InsufficientFunds "insufficient_funds"
        /// A limit on what the wallet may spend leaves no room for it.
        SpendLimit "spend_limit"
        /// The signer's rules do not allow the transaction.
        SignerRefused "signer_refused"
        /// The transaction would pass one of the signer's limits.
        SignerLimit "signer_limit"
        /// Simulated, the swap pays something else than was quoted.
        QuoteMismatch "quote_mismatch"
        /// On the chain the swap would have returned less than the minimum.
        SlippageExceeded "slippage_exceeded"
        /// The transaction did not land before its last valid height.
        TransactionExpired "transaction_expired"
        /// The chain executed the transaction and it failed.
        TransactionFailed "transaction_failed"
        /// An operator said that the transaction is dead; nobody proved it.
        DeclaredDead "declared_dead"
        /// The chain could not be reached or refused the transaction.
        ChainUnavailable "chain_unavailable"
        /// The order killed every worker that took it.
        Poison "poison"
        /// A defect of the engine that harmed only this order.
        Internal "internal"
    }
}
