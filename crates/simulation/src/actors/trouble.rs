//! Faults of whole servers: they go down and come back, the queue forgets, operators pause or halt
//! the engine.

use std::sync::Arc;
use std::time::Duration;

use ports::Random;
use ports::valve::LEAVE;

use crate::world::World;

/// The longest time between two faults.
const PEACE: Duration = Duration::from_secs(3);
/// The longest time for which a server is down.
const ABSENCE: Duration = Duration::from_secs(2);

/// By how much the store's clock is wrong at most, forward or back.
const CLOCK_OFF: Duration = Duration::from_secs(2 * 3_600);

/// Causes faults until they shall end.
pub(crate) async fn make(world: Arc<World>, random: Random) {
    loop {
        tokio::select! {
            biased;
            () = world.calm.soft() => return,
            () = world.sleep(random.duration_below(PEACE)) => {}
        }
        match random.below(4) {
            0 => {
                world.witness.note(format_args!("the queue is emptied"));
                world.queue.empty();
            }
            1 => {
                match random.below(2) {
                    0 => pause(&world, true).await,
                    _ => halt(&world).await,
                }
                world.sleep(random.duration_below(ABSENCE)).await;
                world.witness.is_halted(false);
                pause(&world, false).await;
            }
            _ => {
                world.witness.count_absence();
                let servers = world.servers.all();
                let count = u64::try_from(servers.len()).unwrap_or(1);
                let server = servers[usize::try_from(random.below(count)).unwrap_or(0)];
                world.witness.note(format_args!("{server:?} goes away"));
                server.set_away(true);
                world.sleep(random.duration_below(ABSENCE)).await;
                server.set_away(false);
                // A worker that was granted an order meanwhile, by a request that came late, was
                // unreachable too.
                world.witness.count_absence();
                world.witness.note(format_args!("and is back"));
            }
        }
    }
}

/// Sets the store's clock back and forth until the faults end.
pub(crate) async fn turn_clock(world: Arc<World>, random: Random) {
    loop {
        tokio::select! {
            biased;
            () = world.calm.soft() => return,
            () = world.sleep(random.duration_below(PEACE)) => {}
        }
        let off = i64::try_from(random.duration_below(CLOCK_OFF * 2).as_millis()).unwrap_or(0);
        let most = i64::try_from(CLOCK_OFF.as_millis()).unwrap_or(0);
        let skew_ms =
            [off - most, (off - most) / 1_000, 0][usize::try_from(random.below(3)).unwrap_or(0)];
        world
            .witness
            .note(format_args!("the store's clock is off by {skew_ms} ms"));
        world.wall.set_skew_ms(skew_ms);
    }
}

/// Lets blocks of the cluster vanish, confirmed ones too, until the faults end.
pub(crate) async fn fork(world: Arc<World>, random: Random) {
    let cluster = world.cluster.cluster();
    loop {
        tokio::select! {
            biased;
            () = world.calm.soft() => break,
            () = world.sleep(random.duration_below(PEACE)) => {}
        }
        let chance = [0.0, 0.02, 0.2][usize::try_from(random.below(3)).unwrap_or(0)];
        world
            .witness
            .note(format_args!("blocks vanish with a chance of {chance}"));
        cluster.set_vanishing(chance);
        cluster.set_forking(chance);
    }
    cluster.set_vanishing(0.0);
    cluster.set_forking(0.0);
}

/// As a gateway halts: it is confirmed once nobody has leave to send any more.
async fn halt(world: &World) {
    world.witness.note(format_args!("operators halt"));
    let done = world.store.halt("admin", "trouble").await;
    done.expect("invariant: the store in memory answers");
    world.sleep(LEAVE).await;
    world.witness.note(format_args!("the halt is confirmed"));
    world.witness.is_halted(true);
}

async fn pause(world: &World, paused: bool) {
    world
        .witness
        .note(format_args!("operators pause: {paused}"));
    let done = world.store.set_paused(paused, "admin").await;
    done.expect("invariant: the store in memory answers");
}
