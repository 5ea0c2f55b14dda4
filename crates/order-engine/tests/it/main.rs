//! The programs as a user meets them: real processes, real sockets.

mod e2e;
