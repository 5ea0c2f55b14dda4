//! A fixed number of schedules with every run of the tests, and those that once broke a promise.

mod schedules;
