//! Kinds whose variants have names: each name is said once, for Rust, JSON and people.

/// An enum with a name for each variant. Storage and clients know the names: they never change.
macro_rules! named {
    ($(#[$purpose:meta])* $kind:ident { $($(#[$meaning:meta])* $variant:ident $name:literal)+ }) => {
        $(#[$purpose])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $kind {
            $($(#[$meaning])* #[serde(rename = $name)] $variant),+
        }

        impl $kind {
            /// Every one, in the order in which they are listed to people.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The name clients see and send.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }

            /// Finds one by its name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.name() == name)
            }
        }

        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

pub(crate) use named;
