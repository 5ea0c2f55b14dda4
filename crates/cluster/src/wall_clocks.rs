//! Sets the wall clocks of single processes back and forth while they run: libfaketime, loaded
//! before everything else, reads each process' offset from a separate file. Monotonic clocks, and
//! so all waits, are unaffected.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::stat::runs;

const LIBRARY: &str = "libfaketimeMT.so.1";
const INSTALL: &str = "apt-get install libfaketime (scripts/chaos and scripts/test fetch it)";
/// Beside what cargo builds: where `need_unpacked` of `scripts/lib/install.sh` puts Debian packages.
const FETCHED: &str = "tools";
/// How long a process may go on by the former time, in seconds: reading a file at each look at the clock
/// would be the only thing it does.
const NOTICED_WITHIN_S: &str = "1";
/// What the library leaves here of a process that was killed, before its number.
const SHARED_MEMORY: &str = "/dev/shm";
const LEFT_BEHIND: [&str; 2] = ["sem.faketime_sem_", "faketime_shm_"];

/// The clocks of some processes, each known by a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallClocks {
    library: PathBuf,
    folder: PathBuf,
}

impl WallClocks {
    /// Clocks that are kept in an existing folder.
    pub fn in_folder(folder: &Path) -> Result<Self> {
        Ok(Self {
            library: find_library()?,
            folder: folder.to_owned(),
        })
    }

    /// What the process of this name must be given when it starts. Its clock is right until it is set, and
    /// as it was last where it was set before.
    pub fn variables(&self, name: &str) -> Result<[(&'static str, String); 4]> {
        let file = self.file(name);
        if !file.exists() {
            self.set(name, 0)?;
        }
        Ok([
            ("LD_PRELOAD", self.library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", file.display().to_string()),
            ("FAKETIME_CACHE_DURATION", NOTICED_WITHIN_S.to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ])
    }

    /// Sets a clock to so many seconds after the right time, or before it; noticed within a second.
    pub fn set(&self, name: &str, offset_s: i64) -> Result<()> {
        let fresh = self.folder.join(format!("{name}.new"));
        // Whoever reads meanwhile reads one or the other.
        fs::write(&fresh, format!("{offset_s:+}\n"))
            .and_then(|()| fs::rename(&fresh, self.file(name)))
            .with_context(|| format!("set the clock of {name}"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.clock"))
    }
}

fn find_library() -> Result<PathBuf> {
    let program = std::env::current_exe().context("find the running program")?;
    let built = program.ancestors().map(|folder| folder.join(FETCHED));
    built
        .chain([PathBuf::from("/")])
        .flat_map(|root| entries(&root.join("usr/lib")))
        .map(|machine| machine.join("faketime").join(LIBRARY))
        .find(|library| library.is_file())
        .with_context(|| format!("{LIBRARY} is missing; install it with: {INSTALL}"))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(found) = fs::read_dir(folder) else {
        return Vec::new();
    };
    found.flatten().map(|entry| entry.path()).collect()
}

/// Removes what killed processes have left in the machine's shared memory.
pub fn sweep_shared_memory() {
    for path in entries(Path::new(SHARED_MEMORY)) {
        let name = path.file_name().and_then(|name| name.to_str());
        let numbered =
            name.and_then(|name| LEFT_BEHIND.iter().find_map(|of| name.strip_prefix(of)));
        let Some(pid) = numbered.and_then(|pid| pid.parse::<u32>().ok()) else {
            continue;
        };
        if !runs(pid) {
            // Somebody else's is somebody else's to remove.
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::*;
    use servers::process::wait_until;

    /// As [`NOTICED_WITHIN_S`], on a busy machine.
    const NOTICED: Duration = Duration::from_secs(20);
    const HOUR_S: i64 = 3_600;

    /// How far a process of this name finds its clock from the right one, in seconds.
    fn offset(clocks: &WallClocks, name: &str) -> i64 {
        let asked = |command: &mut Command| -> i64 {
            let output = command.arg("+%s").output().unwrap();
            String::from_utf8(output.stdout)
                .unwrap()
                .trim()
                .parse()
                .unwrap()
        };
        let told = asked(Command::new("date").envs(clocks.variables(name).unwrap()));
        told - asked(&mut Command::new("date"))
    }

    #[test]
    fn each_process_has_a_clock_of_its_own_which_is_right_until_it_is_set() {
        let folder = tempfile::tempdir().unwrap();
        let clocks = WallClocks::in_folder(folder.path()).unwrap();

        clocks.set("late", -HOUR_S).unwrap();
        clocks.set("early", HOUR_S).unwrap();

        // A second may pass between two looks.
        assert!((0..60).contains(&-offset(&clocks, "right")), "right");
        assert!(
            (0..60).contains(&(-HOUR_S - offset(&clocks, "late"))),
            "late"
        );
        assert!(
            (0..60).contains(&(HOUR_S - offset(&clocks, "early"))),
            "early"
        );
    }

    #[test]
    fn a_clock_that_is_set_jumps_in_a_process_that_runs() {
        let folder = tempfile::tempdir().unwrap();
        let clocks = WallClocks::in_folder(folder.path()).unwrap();
        let log = folder.path().join("log");
        let mut running = Command::new("bash")
            .args([
                "-c",
                r#"while :; do printf "%(%s)T\n" -1; sleep 0.05; done"#,
            ])
            .envs(clocks.variables("clock").unwrap())
            .stdout(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let last = || -> Option<i64> {
            let text = fs::read_to_string(&log).unwrap();
            text.lines().rev().nth(1)?.parse().ok()
        };
        assert!(
            wait_until(NOTICED, || last().is_some()),
            "it tells the time"
        );
        let before = last().unwrap();

        clocks.set("clock", -HOUR_S).unwrap();

        let jumped = wait_until(NOTICED, || last().unwrap() < before - HOUR_S / 2);
        running.kill().unwrap();
        running.wait().unwrap();
        assert!(jumped, "{before} and then {:?}", last());
    }
}
