//! One shard of the queue: its scripts, and the check of its epoch.

use std::sync::Arc;

use deadpool_redis::redis::FromRedisValue;
use tokio::sync::Notify;

use crate::failure::Failure;
use crate::link::Link;
use crate::memory::{Memory, Stamp, Verdict};
use crate::script::Script;

/// The queue's scripts.
#[derive(Debug)]
pub(crate) struct Scripts {
    pub(crate) push: Script,
    pub(crate) delay: Script,
    pub(crate) pop: Script,
    pub(crate) late: Script,
    pub(crate) unspent: Script,
    pub(crate) depth: Script,
    reset: Script,
}

macro_rules! script {
    ($file:literal) => {
        Script::new(concat!(
            include_str!("lua/common.lua"),
            include_str!(concat!("lua/", $file))
        ))
    };
}

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            push: script!("push.lua"),
            delay: script!("delay.lua"),
            pop: script!("pop.lua"),
            late: script!("late.lua"),
            unspent: script!("unspent.lua"),
            depth: script!("depth.lua"),
            reset: script!("reset.lua"),
        }
    }
}

/// One shard of the queue.
#[derive(Debug)]
pub(crate) struct Shard {
    /// What its keys begin with, including the hash tag.
    base: String,
    memory: Memory,
    link: Arc<Link>,
    scripts: Arc<Scripts>,
    /// Notified when the store has more orders than the shard.
    hungry: Arc<Notify>,
}

impl Shard {
    pub(crate) fn new(
        prefix: &str,
        number: u16,
        link: Arc<Link>,
        scripts: Arc<Scripts>,
        hungry: Arc<Notify>,
    ) -> Self {
        Self {
            base: format!("{prefix}:{{jobs{number}}}"),
            memory: Memory::default(),
            link,
            scripts,
            hungry,
        }
    }

    /// The full key for a name.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.base)
    }

    /// The shard's scripts.
    pub(crate) fn scripts(&self) -> &Scripts {
        &self.scripts
    }

    /// Tells the sweeper that there is room, or that something is missing.
    pub(crate) fn call_sweeper(&self) {
        self.hungry.notify_one();
    }

    /// Runs a script and checks its stamp.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        args: &[String],
    ) -> Result<T, Failure> {
        let before = self.memory.newest();
        let (answer, stamp) = self.invoke(script, args).await?;
        match self.memory.judge(before.as_ref(), &stamp) {
            Verdict::Continuous => {}
            Verdict::BegunAnew => {
                tracing::warn!("the queue in Redis began anew; it is filled from the store");
                self.call_sweeper();
            }
            Verdict::RolledBack => {
                let reached = before.map_or(0, |before| before.count);
                self.start_over(&stamp.epoch, reached).await?;
            }
        }
        Ok(answer)
    }

    async fn start_over(&self, epoch: &str, reached: i64) -> Result<(), Failure> {
        tracing::warn!("the queue in Redis was rolled back; it is filled anew from the store");
        let args = [epoch.to_owned(), reached.to_string()];
        let (_, stamp) = self.invoke::<i64>(&self.scripts.reset, &args).await?;
        self.memory.adopt(stamp);
        self.call_sweeper();
        Ok(())
    }

    async fn invoke<T: FromRedisValue>(
        &self,
        script: &Script,
        args: &[String],
    ) -> Result<(T, Stamp), Failure> {
        let (epoch, count, answer) = script.run(&self.link, &self.base, args).await?;
        Ok((answer, Stamp { epoch, count }))
    }
}
