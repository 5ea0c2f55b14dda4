//! Names of statuses, venues and pools as clients read them.

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The names of a kind of the domain's, one for each of its variants.
macro_rules! names {
    ($(#[$purpose:meta])* $names:ident of $kind:path { $($name:ident)+ }) => {
        $(#[$purpose])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $names {
            $($name),+
        }

        impl $names {
            const fn named(self) -> $kind {
                match self {
                    $(Self::$name => <$kind>::$name),+
                }
            }

            /// The name itself.
            #[must_use]
            pub const fn name(self) -> &'static str {
                self.named().name()
            }
        }

        impl From<$kind> for $names {
            fn from(kind: $kind) -> Self {
                match kind {
                    $(<$kind>::$name => Self::$name),+
                }
            }
        }
    };
}

names! {
    /// Where an order stands. The last four are ends.
    StatusName of domain::Status {
        Pending Routing Building Submitted Confirmed Failed Cancelled Expired
    }
}

impl StatusName {
    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        self.named().is_terminal()
    }
}

names! {
    /// A decentralised exchange.
    VenueName of domain::Venue { Raydium Meteora }
}

names! {
    /// The program on a venue that holds the pool.
    PoolName of domain::venue::Program { Cpmm AmmV4 DammV2 Dlmm }
}

names! {
    /// Which part of those who write the same accounts an order wants to outbid: a quarter, half, three quarters, nine
    /// of ten.
    FeeRankName of domain::fee::FeeRank { Low Medium High Urgent }
}

/// What an order offers for its place in a block: a level, or a price in micro-lamports for each compute unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FeeLevelName {
    /// By what others pay at that moment.
    Level(FeeRankName),
    /// Always this price.
    Price(u64),
}

impl PartialSchema for FeeLevelName {
    fn schema() -> RefOr<Schema> {
        let price = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0))
            .maximum(Some(domain::fee::UnitPrice::MAX.get()));
        OneOfBuilder::new()
            .description(Some(
                "What an order offers for its place in a block: a level, or a price in micro-lamports for each \
                 compute unit.",
            ))
            .item(FeeRankName::schema())
            .item(price)
            .into()
    }
}

impl ToSchema for FeeLevelName {}

impl From<domain::FeeLevel> for FeeLevelName {
    fn from(level: domain::FeeLevel) -> Self {
        match level {
            domain::FeeLevel::Ranked(rank) => Self::Level(rank.into()),
            domain::FeeLevel::Priced(price) => Self::Price(price.get()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_the_domains() {
        for status in domain::Status::ALL {
            let name = serde_json::to_value(StatusName::from(status)).unwrap();
            assert_eq!(name, status.name());
            assert_eq!(StatusName::from(status).name(), status.name());
            assert_eq!(StatusName::from(status).is_terminal(), status.is_terminal());
        }
        for venue in domain::Venue::ALL {
            let name = serde_json::to_value(VenueName::from(venue)).unwrap();
            assert_eq!(name, venue.name());
        }
        for pool in domain::venue::Program::ALL {
            let name = serde_json::to_value(PoolName::from(pool)).unwrap();
            assert_eq!(name, pool.name());
        }
    }
}
