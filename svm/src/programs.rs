//! Programs as they stand on mainnet, from a folder of files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sim_chain::bank::address::{METEORA_DAMM_V2, METEORA_DLMM, RAYDIUM_AMM_V4, RAYDIUM_CPMM};
use solana_address::Address;

/// The variable that names the folder.
pub const PROGRAMS_DIR: &str = "SVM_PROGRAMS_DIR";
/// How a program's file ends.
const EXTENSION: &str = "so";

/// A venue's program, and what its file may be called beside its address.
#[derive(Debug, Clone, Copy)]
struct Venue {
    /// Where it stands on mainnet.
    address: Address,
    /// What people call it.
    name: &'static str,
    /// What builds of it are usually called.
    files: &'static [&'static str],
}

impl Venue {
    /// All four.
    const ALL: [Self; 4] = [
        Self {
            address: RAYDIUM_CPMM,
            name: "Raydium CPMM",
            files: &["raydium_cp_swap", "raydium_cpmm", "cp_swap", "cpmm"],
        },
        Self {
            address: RAYDIUM_AMM_V4,
            name: "Raydium AMM v4",
            files: &[
                "raydium_amm_v4",
                "raydium_amm",
                "raydium_amm_legacy_v4",
                "raydium_v4",
                "amm_v4",
            ],
        },
        Self {
            address: METEORA_DAMM_V2,
            name: "Meteora DAMM v2",
            files: &["cp_amm", "meteora_damm_v2", "damm_v2"],
        },
        Self {
            address: METEORA_DLMM,
            name: "Meteora DLMM",
            files: &["lb_clmm", "lb_clmm_prod", "meteora_dlmm", "dlmm"],
        },
    ];
}

/// Why there are no programs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder or one of its files cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A venue's program is not among the files.
    #[error("{} has no program of {name}: {address}.so, or one of {files:?}", folder.display())]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// What people call the program.
        name: &'static str,
        /// Its address.
        address: Address,
        /// What its file may be called too.
        files: &'static [&'static str],
    },
}

/// Programs by the addresses at which they stand.
#[derive(Debug, Clone)]
pub struct Programs(BTreeMap<Address, Vec<u8>>);

impl Programs {
    /// Those of the folder that [`PROGRAMS_DIR`] names; nothing where it is not set.
    pub fn from_variable() -> Result<Option<Self>, Error> {
        let folder = std::env::var_os(PROGRAMS_DIR).filter(|folder| !folder.is_empty());
        folder
            .map(|folder| Self::read(Path::new(&folder)))
            .transpose()
    }

    /// The four venues' programs, and every further file whose name is an address.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let mut programs = BTreeMap::new();
        for path in files(folder)? {
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            if let Some(address) = stem.and_then(|stem| stem.parse::<Address>().ok()) {
                programs.insert(address, load(&path)?);
            }
        }
        for venue in Venue::ALL {
            if programs.contains_key(&venue.address) {
                continue;
            }
            let named = |name: &&str| folder.join(name).with_extension(EXTENSION);
            let mut paths = venue.files.iter().map(named);
            let path = paths.find(|path| path.is_file());
            let path = path.ok_or_else(|| Error::Missing {
                folder: folder.to_owned(),
                name: venue.name,
                address: venue.address,
                files: venue.files,
            })?;
            programs.insert(venue.address, load(&path)?);
        }
        Ok(Self(programs))
    }

    /// The programs and where they stand.
    pub fn iter(&self) -> impl Iterator<Item = (&Address, &[u8])> {
        let all = self.0.iter();
        all.map(|(address, code)| (address, code.as_slice()))
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |source| Error::Unreadable {
        path: folder.to_owned(),
        source,
    };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let paths = paths.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    let is_program = |path: &PathBuf| path.extension().is_some_and(|end| end == EXTENSION);
    Ok(paths.into_iter().filter(is_program).collect())
}

fn load(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })
}
