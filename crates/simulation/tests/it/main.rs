//! A fixed number of schedules with every run of the tests, and those that once broke a promise; and one worker over the
//! simulated cluster: out of reach for long in virtual time, and over JSON-RPC with what goes wrong there.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so where it stands"
)]

mod landing;
mod outage;
mod reconciling;
mod schedules;
mod stranger;
mod world;
