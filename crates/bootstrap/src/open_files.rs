//! How many files and connections a process may have open: every client is one.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Takes what the system allows at the most. Many shells and service managers start programs with room for
/// 1,024, which a few clients with many connections each would fill, and nobody else could connect.
pub(crate) fn allow_all_there_may_be() {
    let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return;
    };
    // There is no log yet, and it is nothing to stop for: the limit that was is still there.
    let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
}
