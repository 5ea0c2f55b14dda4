//! A private Redis Cluster: three masters, each with a replica that takes its place when it dies.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::free_port::free_port;
use crate::process::wait_until;
use crate::redis::{RedisServer, encryption};

const MASTERS: usize = 3;
const SLOTS: usize = 16_384;
/// A master that is silent for this long is replaced; long enough for a busy machine.
const NODE_TIMEOUT_MS: &str = "1500";
/// For nodes to hear of each other, and for a replica to have everything.
const PATIENCE: Duration = Duration::from_secs(30);

/// A Redis Cluster of one's own. It ends, and its data with it, when this is dropped.
#[derive(Debug)]
pub struct RedisCluster {
    /// The masters, then the replica of each.
    nodes: Vec<RedisServer>,
}

/// A slot on its way from one master to another.
#[derive(Debug)]
pub struct Move {
    from: usize,
    to: usize,
    slot: String,
}

impl RedisCluster {
    /// Starts one, and returns once every master has a replica that could take its place.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// Starts one whose nodes have further arguments.
    pub fn start_with(settings: &[&str]) -> Result<Self> {
        Self::start_each(|| settings.iter().map(|one| (*one).to_owned()).collect())
    }

    /// Starts one whose nodes speak TLS with clients, at [`Self::encrypted_url`], by the certificate of
    /// [`super::tls`].
    pub fn start_encrypted() -> Result<Self> {
        Self::start_each(|| {
            let mut settings = encryption();
            let port = free_port().to_string();
            let told = ["--tls-port", &port, "--cluster-announce-port", &port];
            // A replica finds its master at the port that clients are told.
            settings.extend(
                told.into_iter()
                    .chain(["--tls-replication", "yes"])
                    .map(str::to_owned),
            );
            settings
        })
    }

    fn start_each(settings: impl Fn() -> Vec<String>) -> Result<Self> {
        // The usual second ports may be another server's first.
        let buses: Vec<String> = (0..2 * MASTERS).map(|_| free_port().to_string()).collect();
        let nodes = buses.iter().map(|bus| start_node(bus, &settings()));
        let cluster = Self {
            nodes: nodes.collect::<Result<_>>()?,
        };
        cluster.meet(&buses)?;
        cluster.replicate()?;
        Ok(cluster)
    }

    /// The first master alone, as `REDIS_URL` wants it: its nodes tell of each other.
    #[must_use]
    pub fn url_of_one(&self) -> String {
        self.nodes[0].url()
    }

    /// All masters, as `REDIS_URL` wants them.
    #[must_use]
    pub fn url(&self) -> String {
        let hosts = self.nodes[..MASTERS].iter();
        let hosts: Vec<String> = hosts
            .map(|node| format!("127.0.0.1:{}", node.port()))
            .collect();
        format!("redis://{}", hosts.join(","))
    }

    /// The first master of an encrypted cluster, as `REDIS_URL` wants it.
    pub fn encrypted_url(&self) -> Result<String> {
        let port = self.nodes[0].ask(&["CONFIG", "GET", "tls-port"])?;
        let port = port
            .lines()
            .last()
            .context("the node has no port for TLS")?;
        Ok(format!("rediss://127.0.0.1:{port}"))
    }

    /// The nodes, dead or alive: the first masters, then the replica of each.
    #[must_use]
    pub fn nodes(&self) -> &[RedisServer] {
        &self.nodes
    }

    /// A master's replica, and the other way round.
    #[must_use]
    pub fn partner(&self, node: usize) -> &RedisServer {
        &self.nodes[(node + MASTERS) % self.nodes.len()]
    }

    /// The live node that answers for a key; none while its master is dead and not replaced.
    #[must_use]
    pub fn holder(&self, key: &str) -> Option<usize> {
        let live = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.process.pid() != 0);
        let mut answers = live.map(|(place, node)| (place, node.ask(&["EXISTS", key])));
        let holder = answers.find(|(_, answer)| {
            let said = answer.as_deref().unwrap_or_default();
            matches!(said, "0" | "1")
        });
        holder.map(|(place, _)| place)
    }

    /// What the node that answers for a key says to a command.
    pub fn ask(&self, key: &str, command: &[&str]) -> Result<String> {
        let holder = self.holder(key).context("no node has the key")?;
        self.nodes[holder].ask(command)
    }

    /// Waits until the replica of a key's master has everything that the master has.
    pub fn wait_for_replica(&self, key: &str) -> Result<()> {
        let has_all = || {
            let role = self.ask(key, &["ROLE"]).unwrap_or_default();
            // The master, its offset, and of each replica address, port and offset.
            let told: Vec<&str> = role.lines().collect();
            matches!(told[..], ["master", own, _, _, replicas] if own == replicas)
        };
        ensure!(
            wait_until(PATIENCE, has_all),
            "the replica of {key} is behind"
        );
        Ok(())
    }

    /// Kills the master of a key. Its replica is promoted in a while: see [`Self::wait_for_holder`].
    pub fn kill_holder(&mut self, key: &str) -> Result<usize> {
        let holder = self.holder(key).context("no node has the key")?;
        self.nodes[holder].process.kill()?;
        Ok(holder)
    }

    /// Starts a node again that was killed, as the replica of the one that took its place, and waits until it could
    /// take it back.
    pub fn revive(&mut self, node: usize) -> Result<()> {
        self.nodes[node].restart()?;
        self.wait_for_replicas()
    }

    /// Waits until a live node answers for a key; says which.
    pub fn wait_for_holder(&self, key: &str) -> Result<usize> {
        ensure!(
            wait_until(PATIENCE, || self.holder(key).is_some()),
            "nobody took the place of the master of {key}"
        );
        self.holder(key).context("no node has the key")
    }

    /// Begins to move the slot of a key to the next master: what exists is where it was, what is new belongs there.
    pub fn begin_move(&self, key: &str) -> Result<Move> {
        let from = self.holder(key).context("no node has the key")?;
        let to = (from + 1) % MASTERS;
        let slot = self.nodes[from].ask(&["CLUSTER", "KEYSLOT", key])?;
        let id = |node: usize| self.nodes[node].ask(&["CLUSTER", "MYID"]);
        let (giver, taker) = (id(from)?, id(to)?);
        self.nodes[to].told(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &giver])?;
        self.nodes[from].told(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &taker])?;
        Ok(Move { from, to, slot })
    }

    /// Moves the keys of the slot, and then the slot itself.
    pub fn end_move(&self, begun: &Move) -> Result<()> {
        let Move { from, to, slot } = begun;
        let keys = self.nodes[*from].ask(&["CLUSTER", "GETKEYSINSLOT", slot, "1000"])?;
        let port = self.nodes[*to].port().to_string();
        for key in keys.lines() {
            self.nodes[*from].told(&["MIGRATE", "127.0.0.1", &port, key, "0", "5000"])?;
        }
        let taker = self.nodes[*to].ask(&["CLUSTER", "MYID"])?;
        for node in [*to, *from] {
            self.nodes[node].told(&["CLUSTER", "SETSLOT", slot, "NODE", &taker])?;
        }
        Ok(())
    }

    /// Spreads the slots over the masters and introduces the nodes to each other.
    fn meet(&self, buses: &[String]) -> Result<()> {
        for (place, (node, bus)) in self.nodes.iter().zip(buses).enumerate() {
            node.told(&["CLUSTER", "SET-CONFIG-EPOCH", &(place + 1).to_string()])?;
            if place < MASTERS {
                let slot = |place: usize| (SLOTS * place).div_ceil(MASTERS);
                let (first, last) = (slot(place), slot(place + 1) - 1);
                let slots = [first.to_string(), last.to_string()];
                node.told(&["CLUSTER", "ADDSLOTSRANGE", &slots[0], &slots[1]])?;
            }
            let port = node.port().to_string();
            self.nodes[0].told(&["CLUSTER", "MEET", "127.0.0.1", &port, bus])?;
        }
        let known = format!("cluster_known_nodes:{}", self.nodes.len());
        self.wait_for_all("the nodes do not know each other", |node| {
            let info = node.ask(&["CLUSTER", "INFO"]).unwrap_or_default();
            info.contains(&known) && info.contains("cluster_state:ok")
        })
    }

    fn replicate(&self) -> Result<()> {
        let (masters, replicas) = self.nodes.split_at(MASTERS);
        for (master, replica) in masters.iter().zip(replicas) {
            let master = master.ask(&["CLUSTER", "MYID"])?;
            replica.told(&["CLUSTER", "REPLICATE", &master])?;
        }
        self.wait_for_replicas()
    }

    fn wait_for_replicas(&self) -> Result<()> {
        self.wait_for_all("the masters have no replicas", |node| {
            let role = node.ask(&["ROLE"]).unwrap_or_default();
            let nodes = node.ask(&["CLUSTER", "NODES"]).unwrap_or_default();
            // A replica says that it has everything, a master names those that do.
            let has_all = role.lines().any(|line| line == "connected")
                || role.starts_with("master") && role.contains("127.0.0.1");
            has_all && nodes.matches("slave ").count() == MASTERS
        })
    }

    fn wait_for_all(&self, what: &str, is_so: impl Fn(&RedisServer) -> bool) -> Result<()> {
        ensure!(
            wait_until(PATIENCE, || self.nodes.iter().all(&is_so)),
            "{what}: {}",
            self.nodes[0].ask(&["CLUSTER", "NODES"])?
        );
        Ok(())
    }
}

fn start_node(bus: &str, settings: &[String]) -> Result<RedisServer> {
    let of_cluster = [
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        bus,
        "--cluster-node-timeout",
        NODE_TIMEOUT_MS,
        // A replica takes its master's place however long ago it last heard of it.
        "--cluster-replica-validity-factor",
        "0",
        "--repl-diskless-sync-delay",
        "0",
    ];
    let settings = settings.iter().map(String::as_str);
    let all: Vec<&str> = of_cluster.into_iter().chain(settings).collect();
    RedisServer::start_with(&all)
}
