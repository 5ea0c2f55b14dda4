//! A cluster with the real programs in it.

use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use ports::{Clock, Random, Shutdown, SystemClock};
use sim_chain::cluster::{Commitment, Landed};
use sim_chain::market::Mode;
use sim_chain::{SimConfig, World};
use svm::{PROGRAMS_DIR, Programs, RealPrograms};

use crate::twins::wallet;
use crate::witness::Witness;

/// The programs; nothing where nobody has any, which is said once.
pub(crate) fn programs() -> Option<Arc<RealPrograms>> {
    static LOADED: OnceLock<Option<Arc<RealPrograms>>> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| {
        let found = Programs::from_variable().unwrap();
        if found.is_none() {
            say(&format!(
                "skipped: {PROGRAMS_DIR} names no folder of programs"
            ));
        }
        found.map(|programs| Arc::new(RealPrograms::new(&programs).unwrap()))
    });
    loaded.clone()
}

/// Says a line also where a test's output is kept back.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A cluster whose every transaction is witnessed.
pub(crate) struct Stand {
    pub(crate) world: Arc<World>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
    _shutdown: Shutdown,
}

impl Stand {
    /// Nothing where there are no programs.
    pub(crate) fn new(market: Mode, seed: u64) -> Option<Self> {
        Self::with_slots(market, seed, 0.0)
    }

    /// With slots of so many times their usual length.
    pub(crate) fn with_slots(market: Mode, seed: u64, latency_scale: f64) -> Option<Self> {
        let witness = Witness::new(programs()?);
        let (clock, shutdown) = (Arc::new(SystemClock::new()), Shutdown::new());
        let random = Random::seeded(seed);
        let config = SimConfig {
            latency_scale,
            seed: Some(seed),
            market,
            ..SimConfig::default()
        };
        let runtime = Arc::clone(&witness);
        let world = World::open_on(
            Some(runtime),
            &config,
            Arc::clone(&clock) as _,
            &random,
            &shutdown,
        );
        Some(Self {
            world: world.unwrap(),
            witness,
            clock,
            random,
            _shutdown: shutdown,
        })
    }

    /// No transaction ended otherwise under the emulation.
    #[track_caller]
    pub(crate) fn check_emulation(&self) {
        let unlike = self.witness.unlike();
        assert!(
            unlike.is_empty(),
            "{} differ:\n{}",
            unlike.len(),
            unlike.join("\n")
        );
    }

    /// The transactions that the engine's wallet has paid for.
    pub(crate) fn own(&self) -> Vec<Arc<Landed>> {
        let wallet = wallet();
        self.world.cluster().read(Commitment::Processed, |chain| {
            let all = chain.history().by_address(&wallet);
            let is_own =
                |it: &&Arc<Landed>| it.transaction.message().static_account_keys()[0] == wallet;
            all.filter(is_own).cloned().collect()
        })
    }

    pub(crate) async fn pass_blocks(&self, blocks: u32) {
        for _ in 0..blocks {
            self.world.cluster().next_block().await;
        }
    }
}
