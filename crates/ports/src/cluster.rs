//! Which cluster a store belongs to. Its orders and transactions have a meaning on that cluster alone: on another
//! one a transaction that landed would be taken for one that never did, and its order executed twice.

use std::fmt;

use domain::transaction::Blockhash;

/// Whether a cluster is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    Sim,
    Live,
}

impl Mode {
    /// Its name in settings and stores.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Live => "live",
        }
    }

    /// The mode of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Sim, Self::Live]
            .into_iter()
            .find(|mode| mode.name() == name)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A cluster, as a process is configured for it and as a store remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClusterId {
    pub mode: Mode,
    /// The hash of its first block.
    pub genesis: Blockhash,
}

impl ClusterId {
    /// What the audit log says of a store that was given to this cluster.
    #[must_use]
    pub fn audited(&self, former: Option<Self>) -> String {
        match former {
            Some(former) => format!("from {former} to {self}"),
            None => format!("to {self}"),
        }
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mode {}, genesis {}", self.mode, self.genesis)
    }
}

/// The answer to a process that asks for a store's cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The store belongs to the process's cluster, from now on or since before.
    Fits,
    /// It belongs to this other one.
    Other(ClusterId),
    /// It was never bound, and holds so many open orders of version 0.1.0 that mean nothing on the cluster: see
    /// [`Mode::adopts`].
    Unsettled { orders: u64 },
}

/// Which open orders of version 0.1.0, whose chain is gone, a cluster takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adopts {
    /// All that have no transaction. What became of a transaction only its own chain knows.
    Unsubmitted,
    /// None.
    Nothing,
}

impl Mode {
    /// Clients gave all of these orders to a simulated chain, so none of them may spend real money.
    #[must_use]
    pub const fn adopts(self) -> Adopts {
        match self {
            Self::Sim => Adopts::Unsubmitted,
            Self::Live => Adopts::Nothing,
        }
    }
}

/// Why a process may not use a store. The text is for the person who started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "the store belongs to another cluster ({stored}) than this process ({own}): correct the settings, or, once \
         no order is open, run order-engine migrate --rebind"
    )]
    Other { stored: ClusterId, own: ClusterId },
    #[error(
        "the store holds submitted orders of version 0.1.0 ({orders}), of which the cluster of this process ({own}) \
         knows nothing: let 0.1.0 finish them first"
    )]
    Submitted { orders: u64, own: ClusterId },
    #[error(
        "the store holds open orders of version 0.1.0 ({orders}), which were given to a simulated chain and may not \
         be executed on the cluster of this process ({own}): let them end in mode sim, then run order-engine \
         migrate --rebind"
    )]
    Open { orders: u64, own: ClusterId },
}

/// Why a store of version 0.1.0 is not brought up to date: what became of these orders' transactions only the
/// chain of 0.1.0 can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the store holds submitted orders of version 0.1.0 ({orders}), on a chain that this version does not know: start \
     0.1.0 again, pause it, let it finish them, and stop it first; nothing was changed"
)]
pub struct Unfinished {
    pub orders: u64,
}

impl Bound {
    /// What ends a process of this cluster that got the answer.
    pub const fn admit(self, own: ClusterId) -> Result<(), Refusal> {
        match self {
            Self::Fits => Ok(()),
            Self::Other(stored) => Err(Refusal::Other { stored, own }),
            Self::Unsettled { orders } => Err(match own.mode.adopts() {
                Adopts::Unsubmitted => Refusal::Submitted { orders, own },
                Adopts::Nothing => Refusal::Open { orders, own },
            }),
        }
    }
}

/// The answer to an operator who gives a store to another cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebound {
    /// It belongs to the cluster now; before, to this one, if to any.
    Done { former: Option<ClusterId> },
    /// So many orders are open. Nothing was changed.
    OrdersOpen { orders: u64 },
    /// So many workers live, all of the former cluster. Nothing was changed.
    WorkersAlive { workers: u64 },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_one_line_that_names_both_clusters() {
        let own = ClusterId {
            mode: Mode::Live,
            genesis: Blockhash::new([1; 32]),
        };
        let stored = ClusterId {
            mode: Mode::Sim,
            genesis: Blockhash::new([2; 32]),
        };

        let refusal = Bound::Other(stored).admit(own).unwrap_err().to_string();

        let genesis = [own, stored].map(|cluster| cluster.genesis.to_string());
        for part in ["mode sim", "mode live", &genesis[0], &genesis[1]] {
            assert!(refusal.contains(part), "{refusal}");
        }
        assert!(!refusal.contains('\n'), "{refusal}");
    }

    #[test]
    fn a_refusal_of_what_0_1_0_left_says_how_many_orders_there_are() {
        for (mode, word) in [(Mode::Sim, "submitted"), (Mode::Live, "open")] {
            let own = ClusterId {
                mode,
                genesis: Blockhash::new([1; 32]),
            };

            let refusal = Bound::Unsettled { orders: 3 }.admit(own).unwrap_err();

            let refusal = refusal.to_string();
            let told = format!("{word} orders of version 0.1.0 (3)");
            assert!(refusal.contains(&told), "{refusal}");
        }
    }

    #[test]
    fn a_mode_is_read_by_its_name_alone() {
        for mode in [Mode::Sim, Mode::Live] {
            assert_eq!(Mode::parse(mode.name()), Some(mode));
        }
        assert_eq!(Mode::parse("Sim"), None);
    }
}
