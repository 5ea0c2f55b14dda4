//! One file per command.

pub(crate) mod completions;
pub(crate) mod orders;
pub(crate) mod queue;
pub(crate) mod simulate;
pub(crate) mod submit;
pub(crate) mod top;
pub(crate) mod watch;
