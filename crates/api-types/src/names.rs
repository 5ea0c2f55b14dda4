//! Names of statuses, venues and pools as clients read them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
