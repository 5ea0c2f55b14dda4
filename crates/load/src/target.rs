//! The engine to measure, which runs already: one process or several.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;

use crate::{call, process};

/// Between two looks at something that is waited for.
pub const LOOK: Duration = Duration::from_millis(20);

/// A running engine.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where orders are submitted.
    pub gateways: Vec<SocketAddr>,
    /// Whose metrics count the orders that have ended.
    pub counting: Vec<SocketAddr>,
    /// The processes of the engine itself, without its servers.
    pub pids: Vec<u32>,
}

impl Target {
    /// The first gateway.
    pub fn gateway(&self) -> anyhow::Result<SocketAddr> {
        self.gateways.first().copied().context("no gateway")
    }

    /// How many orders were confirmed since the processes started.
    pub async fn confirmed(&self) -> anyhow::Result<u64> {
        let mut sum = 0;
        for address in &self.counting {
            sum += confirmed_of(&call::get(*address, "/metrics").await?);
        }
        Ok(sum)
    }

    /// The CPU time of all processes.
    pub fn cpu_micros(&self) -> anyhow::Result<u64> {
        self.pids.iter().map(|pid| process::cpu_micros(*pid)).sum()
    }

    /// The memory of all processes.
    pub fn resident_kib(&self) -> anyhow::Result<u64> {
        let each = self.pids.iter().map(|pid| process::resident_kib(*pid));
        each.sum()
    }

    /// Takes no new work from here on.
    pub async fn pause(&self) -> anyhow::Result<()> {
        call::post(self.gateway()?, "/api/admin/pause", "").await?;
        Ok(())
    }

    /// Takes work again.
    pub async fn resume(&self) -> anyhow::Result<()> {
        call::post(self.gateway()?, "/api/admin/resume", "").await?;
        Ok(())
    }
}

fn confirmed_of(metrics: &str) -> u64 {
    let lines = metrics
        .lines()
        .filter(|line| line.starts_with("orders_ended_total") && line.contains("\"confirmed\""));
    lines
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::confirmed_of;

    #[test]
    fn only_confirmed_orders_count() {
        let metrics = "\
# TYPE orders_ended_total counter
orders_ended_total{outcome=\"confirmed\",venue=\"raydium\"} 3
orders_ended_total{outcome=\"confirmed\",venue=\"meteora\"} 4
orders_ended_total{outcome=\"failed\",venue=\"none\"} 100
";
        assert_eq!(confirmed_of(metrics), 7);
    }
}
