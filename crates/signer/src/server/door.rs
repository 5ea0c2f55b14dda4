//! The socket that workers come to.

use std::fs::File;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::{Uid, chown, geteuid};
use ports::Shutdown;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{Signer, converse};
use crate::files::{self, beside, folder};
use crate::journal::SYNC_EVERY;

/// Workers that are connected at once, each with a few connections.
const CONNECTIONS_MAX: usize = 256;
/// After a connection that could not be taken, such as where too many files are open.
const PAUSE: Duration = Duration::from_millis(20);
/// What others may do with a folder.
const WRITTEN_BY_OTHERS: u32 = 0o022;

/// A socket that one user alone may use.
#[derive(Debug)]
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
    /// Held for as long as the socket is this signer's.
    _lock: File,
    pub(super) user: Uid,
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum NoDoor {
    /// Others could put a socket or a file of their own in its place.
    #[error("the folder {0} {1}")]
    Folder(PathBuf, String),
    /// Another signer listens there.
    #[error("another signer listens at {0}")]
    Taken(PathBuf),
    /// It cannot be given to the user who may ask.
    #[error("the socket {path} cannot be given to user {user}: {error}; that takes CAP_CHOWN")]
    User {
        /// Where it is.
        path: PathBuf,
        /// Who may ask.
        user: u32,
        /// What is wrong.
        error: nix::Error,
    },
    /// It cannot be made.
    #[error("the socket {path} cannot be made: {error}")]
    Socket {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        error: io::Error,
    },
}

/// Makes the folder of a file where there is none, and checks that others cannot put files of their own into it.
pub fn check_folder(of: &Path, user: Uid) -> Result<(), NoDoor> {
    let folder = folder(of);
    let wrong = |why: String| NoDoor::Folder(folder.to_owned(), why);
    // Somebody else has to get through it, but not to see what is in it.
    let mode = if user == geteuid() { 0o700 } else { 0o711 };
    let made = std::fs::DirBuilder::new().mode(mode).create(folder);
    match made {
        // The mask took away what somebody else needs.
        Ok(()) => std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode))
            .map_err(|error| wrong(format!("cannot be made: {error}")))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(wrong(format!("cannot be made: {error}"))),
    }
    let about = std::fs::symlink_metadata(folder);
    let about = about.map_err(|error| wrong(format!("cannot be looked at: {error}")))?;
    if !about.is_dir() {
        return Err(wrong(
            "is a link or no folder; name the folder itself".to_owned(),
        ));
    }
    let owner = about.uid();
    if owner != geteuid().as_raw() && owner != 0 {
        return Err(wrong(format!("belongs to user {owner}")));
    }
    match about.mode() & WRITTEN_BY_OTHERS {
        0 => Ok(()),
        _ => Err(wrong(
            "can be written by others; run chmod go-w on it".to_owned(),
        )),
    }
}

impl Door {
    /// Makes the socket for this user's processes; one that a signer left behind that is gone is replaced.
    pub fn open(path: &Path, user: Uid) -> Result<Self, NoDoor> {
        check_folder(path, user)?;
        let wrong = |error| NoDoor::Socket {
            path: path.to_owned(),
            error,
        };
        let lock = files::lock(path).map_err(wrong)?;
        let lock = lock.ok_or_else(|| NoDoor::Taken(path.to_owned()))?;
        // Under its name it is never open to others, not even for a moment.
        let new = beside(path, ".new");
        let _ = std::fs::remove_file(&new);
        let listener = UnixListener::bind(&new).map_err(wrong)?;
        let only_owner = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&new, only_owner).map_err(wrong)?;
        if user != geteuid() {
            chown(&new, Some(user), None).map_err(|error| NoDoor::User {
                path: path.to_owned(),
                user: user.as_raw(),
                error,
            })?;
        }
        std::fs::rename(&new, path).map_err(wrong)?;
        Ok(Self {
            listener,
            path: path.to_owned(),
            _lock: lock,
            user,
        })
    }

    /// Answers until somebody asks to stop, and takes the socket away.
    pub async fn serve(self, signer: Arc<Signer>, shutdown: &Shutdown) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut sync = interval(SYNC_EVERY);
        sync.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut conversations = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = shutdown.soft() => break,
                _ = sync.tick() => in_its_own_thread(&signer).await,
                Some(_) = conversations.join_next() => {}
                accepted = self.listener.accept() => {
                    let Ok((stream, _)) = accepted else {
                        sleep(PAUSE).await;
                        continue;
                    };
                    // Whoever finds no place is told by the closed connection, and comes again.
                    let Ok(place) = places.clone().try_acquire_owned() else { continue };
                    if !self.may_ask(&stream) {
                        tracing::warn!("a process of another user was turned away");
                        continue;
                    }
                    let signer = signer.clone();
                    conversations.spawn(async move {
                        let _ = converse(stream, &signer).await;
                        drop(place);
                    });
                }
            }
        }
        conversations.shutdown().await;
        in_its_own_thread(&signer).await;
        let _ = std::fs::remove_file(&self.path);
    }

    fn may_ask(&self, stream: &UnixStream) -> bool {
        let peer = stream.peer_cred();
        peer.is_ok_and(|peer| peer.uid() == self.user.as_raw())
    }
}

/// A disk may take its time.
async fn in_its_own_thread(signer: &Arc<Signer>) {
    let signer = signer.clone();
    let _ = tokio::task::spawn_blocking(move || signer.sync()).await;
}
