//! The worker over the embedded store, with a chain and a venue that do what each test says.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so where it stands"
)]

mod building;
mod doubting;
mod dying;
mod ending;
mod expiring;
mod finality;
mod halting;
mod handing_over;
mod limiting;
mod looking_again;
mod losing;
mod lying;
mod resuming;
mod settling;
mod sniping;
mod spending;
mod sweeping;
mod waiting;
mod watching;
mod world;
