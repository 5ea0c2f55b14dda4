//! The kinds of refusals. Their names are stable; docs/API.md lists them.

use actix_web::http::StatusCode;

macro_rules! codes {
    ($($variant:ident $name:literal $status:ident $title:literal;)+) => {
        /// A kind of refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)+
        }

        impl Code {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name that programs decide by.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The problem's `type`.
            #[must_use]
            pub const fn uri(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("urn:order-engine:problem:", $name),)+
                }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self {
                    $(Self::$variant => StatusCode::$status,)+
                }
            }

            /// The kind in words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => $title,)+
                }
            }
        }
    };
}

codes! {
    MalformedJson "malformed_json" BAD_REQUEST "The body is not JSON";
    InvalidParameter "invalid_parameter" BAD_REQUEST "A query or path parameter is not allowed";
    InvalidHeader "invalid_header" BAD_REQUEST "A header is not allowed";
    BodyIncomplete "body_incomplete" BAD_REQUEST "The body did not arrive";
    BadMessage "bad_message" BAD_REQUEST "The message is not an order";
    Unauthorized "unauthorized" UNAUTHORIZED "A valid key is needed";
    Forbidden "forbidden" FORBIDDEN "This key or caller may not do this";
    NotFound "not_found" NOT_FOUND "There is nothing here";
    OrderNotFound "order_not_found" NOT_FOUND "There is no such order";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "The method is not allowed here";
    ClientOrderIdTaken "client_order_id_taken" CONFLICT "The client order id is taken";
    NotCancellable "not_cancellable" CONFLICT "The order can no longer be cancelled";
    NotWaiting "not_waiting" CONFLICT "The order does not wait for a condition";
    OcoGroupDone "oco_group_done" CONFLICT "An order of the group was confirmed";
    NotDead "not_dead" CONFLICT "The order is not on the dead list";
    NotSubmitted "not_submitted" CONFLICT "The order has no transaction that may still land";
    TransactionKnown "transaction_known" CONFLICT "The chain knows the transaction";
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is too large";
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body must be application/json";
    InvalidOrder "invalid_order" UNPROCESSABLE_ENTITY "The order breaks a rule";
    InvalidRequest "invalid_request" UNPROCESSABLE_ENTITY "The request breaks a rule";
    TokenRequired "token_required" UNPROCESSABLE_ENTITY "Both tokens must be named";
    UnknownToken "unknown_token" UNPROCESSABLE_ENTITY "There is no such token";
    TokenNotTradable "token_not_tradable" UNPROCESSABLE_ENTITY "The token cannot be traded";
    UnknownWallet "unknown_wallet" UNPROCESSABLE_ENTITY "There is no such wallet";
    WalletNotAllowed "wallet_not_allowed" UNPROCESSABLE_ENTITY "The client may not use this wallet";
    NoVenue "no_venue" UNPROCESSABLE_ENTITY "No venue is left for the order";
    ExactOutNotAvailable "exact_out_not_available" UNPROCESSABLE_ENTITY "No pool sells an exact amount";
    SpendLimit "spend_limit" UNPROCESSABLE_ENTITY "The order passes a limit on what may be spent";
    IdempotencyKeyReused "idempotency_key_reused" UNPROCESSABLE_ENTITY "The idempotency key belongs to another request";
    UpgradeRequired "upgrade_required" UPGRADE_REQUIRED "This is a WebSocket";
    RateLimited "rate_limited" TOO_MANY_REQUESTS "Too many orders in a short time";
    TooManyOpenOrders "too_many_open_orders" TOO_MANY_REQUESTS "Too many open orders";
    TooManySockets "too_many_sockets" TOO_MANY_REQUESTS "Too many open connections";
    Internal "internal" INTERNAL_SERVER_ERROR "A defect of the engine";
    StoreUnavailable "store_unavailable" SERVICE_UNAVAILABLE "The store does not answer";
    StoreFull "store_full" SERVICE_UNAVAILABLE "The store has no room";
    Busy "busy" SERVICE_UNAVAILABLE "Too many lists at once";
    OutcomeUnknown "outcome_unknown" SERVICE_UNAVAILABLE "It is not known whether the request took effect";
    QueueFull "queue_full" SERVICE_UNAVAILABLE "Too many orders are waiting";
    WaitingFull "waiting_full" SERVICE_UNAVAILABLE "Too many orders wait for a condition";
    ChainUnavailable "chain_unavailable" SERVICE_UNAVAILABLE "The chain does not answer";
    WalletUnavailable "wallet_unavailable" SERVICE_UNAVAILABLE "The wallet is not known yet";
    TradingDisabled "trading_disabled" SERVICE_UNAVAILABLE "Trading is not enabled";
    Stopping "stopping" SERVICE_UNAVAILABLE "The gateway is stopping";
}

impl Code {
    /// Whether the refusal comes from a limit and not from an error in the request.
    pub(crate) const fn is_limit(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::TooManyOpenOrders | Self::QueueFull | Self::WaitingFull
        )
    }
}
