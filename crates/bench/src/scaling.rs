//! The model behind docs/SCALING.md: from what an order costs on one machine to what a rate needs.
//! This model prints the tables of the document; a test compares the two.

use std::fmt::Write;

/// What one order costs, all steps stored; CPU in microseconds on one core of the machine measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Costs {
    pub(crate) gateway_micros: f64,
    pub(crate) worker_micros: f64,
    pub(crate) postgres_micros: f64,
    /// Commands of the queue and the feed.
    pub(crate) redis_micros: f64,
    /// Log that PostgreSQL writes and replicas receive.
    pub(crate) wal_kib: f64,
    /// Rows, indexes and text that stay.
    pub(crate) stored_kib: f64,
}

/// What is taken for granted of the machines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Machines {
    /// Of a core, at which a part is not planned beyond: the rest is for bursts and failures.
    pub(crate) load: f64,
    pub(crate) cores: f64,
    /// Log that one primary writes and ships, in MiB a second.
    pub(crate) wal_mib: f64,
    pub(crate) sockets_per_gateway: f64,
}

/// CPU as `scripts/bench` measures it, at 1,360 to 1,770 orders/s on two cores that load, servers and engine
/// share; it falls with load, as more calls share a batch, so that this is what to plan with and not what
/// is to be expected. The two sizes are sums of the rows' widths with their indexes, not measured.
pub(crate) const MEASURED: Costs = Costs {
    gateway_micros: 109.0,
    worker_micros: 256.0,
    postgres_micros: 406.0,
    redis_micros: 206.0,
    wal_kib: 6.0,
    stored_kib: 3.5,
};

/// A common size of machine, planned at 60 %.
pub(crate) const PLANNED: Machines = Machines {
    load: 0.6,
    cores: 8.0,
    wal_mib: 150.0,
    sockets_per_gateway: 50_000.0,
};

/// What a rate needs.
#[derive(Debug, PartialEq)]
pub(crate) struct Needs {
    pub(crate) gateways: f64,
    pub(crate) workers: f64,
    /// Primaries, each with its own partitions by client, and replicas of its own.
    pub(crate) postgres: f64,
    /// Redis runs its commands on one core: one shard of queue and feed each.
    pub(crate) redis: f64,
    pub(crate) wal_mib: f64,
    pub(crate) tib_a_day: f64,
}

/// The machines for so many orders a second, and sockets that follow them for `followed` seconds.
pub(crate) fn needs(costs: Costs, machines: Machines, rate: f64, followed: f64) -> Needs {
    let cores = |micros: f64| rate * micros / 1e6 / machines.load;
    let whole = |cores: f64| (cores / machines.cores).ceil();
    let wal_mib = rate * costs.wal_kib / 1_024.0;
    Needs {
        gateways: whole(cores(costs.gateway_micros))
            .max((rate * followed / machines.sockets_per_gateway).ceil()),
        workers: whole(cores(costs.worker_micros)),
        postgres: whole(cores(costs.postgres_micros)).max((wal_mib / machines.wal_mib).ceil()),
        redis: cores(costs.redis_micros).ceil(),
        wal_mib,
        tib_a_day: rate * costs.stored_kib * 86_400.0 / 1_024.0_f64.powi(3),
    }
}

/// The table of the document.
pub(crate) fn table() -> String {
    let mut text = String::from(
        "| orders/s | gateways | workers | PostgreSQL primaries | Redis shards | log, MiB/s | stored, TiB/day |\n\
         | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for rate in [100.0, 1_000.0, 10_000.0, 100_000.0] {
        let Needs {
            gateways,
            workers,
            postgres,
            redis,
            wal_mib,
            tib_a_day,
        } = needs(MEASURED, PLANNED, rate, 3.0);
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {rate:.0} | {gateways:.0} | {workers:.0} | {postgres:.0} | {redis:.0} | {wal_mib:.1} | {tib_a_day:.2} |"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_document_is_the_models() {
        let document = include_str!("../../../docs/SCALING.md");

        let table = table();

        assert!(
            document.contains(&table),
            "docs/SCALING.md must hold:\n{table}"
        );
    }

    #[test]
    fn ten_times_the_rate_never_needs_more_than_ten_times_the_machines() {
        let small = needs(MEASURED, PLANNED, 1_000.0, 3.0);
        let large = needs(MEASURED, PLANNED, 10_000.0, 3.0);

        assert!(large.postgres <= 10.0 * small.postgres);
        assert!(large.workers <= 10.0 * small.workers);
        assert!(large.redis <= 10.0 * small.redis);
    }
}
