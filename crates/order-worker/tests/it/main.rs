//! The worker over the embedded store, with a chain and a venue that do what each test says.

mod ending;
mod handing_over;
mod limiting;
mod resuming;
mod settling;
mod sweeping;
mod world;
