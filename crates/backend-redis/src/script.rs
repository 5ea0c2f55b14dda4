//! A script, run by the server that has its key.

use std::sync::OnceLock;

use deadpool_redis::redis::{Cmd, FromRedisValue, cmd};

use crate::failure::Failure;
use crate::link::Link;

/// A script and the name that servers have given it, the same on all of them.
#[derive(Debug)]
pub(crate) struct Script {
    code: &'static str,
    digest: OnceLock<String>,
}

impl Script {
    pub(crate) const fn new(code: &'static str) -> Self {
        Self {
            code,
            digest: OnceLock::new(),
        }
    }

    /// Runs it. A server that does not know it, as one that has just taken another's place, is given it first.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        link: &Link,
        key: &str,
        args: &[String],
    ) -> Result<T, Failure> {
        if let Some(digest) = self.digest.get() {
            match link.command(key, invocation(digest, key, args)).await {
                Err(failure) if failure.is_unknown_script() => {}
                answer => return answer,
            }
        }
        let mut load = cmd("SCRIPT");
        load.arg("LOAD").arg(self.code);
        let loaded = link.command(key, load).await?;
        let digest = self.digest.get_or_init(|| loaded);
        link.command(key, invocation(digest, key, args)).await
    }
}

fn invocation(digest: &str, key: &str, args: &[String]) -> Cmd {
    let mut invocation = cmd("EVALSHA");
    invocation.arg(digest).arg(1).arg(key).arg(args);
    invocation
}
