//! How many files and connections a process may have open: every client uses one.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the limit to what the system allows. Many shells and service managers start programs with
/// a limit of 1,024; a few clients with many connections each would use it up, and nobody else
/// could connect.
pub(crate) fn allow_all_there_may_be() {
    let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return;
    };
    // There is no log yet, and the old limit still works.
    let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
}
