//! The venues' recorded swaps, replayed through our arithmetic.
//!
//! The folder `vectors/` of this crate holds cases from the venues' own programs; the environment
//! variable `VENUE_VECTORS_DIR` names another folder to read instead. Whatever is in the folder is
//! checked; a file, a kind of case, a field or an error that is not known here is a failure, never
//! a case passed over.

mod amm_v4;
mod case;
mod cpmm;
mod damm_v2;
mod dlmm;

use std::path::{Path, PathBuf};

use case::{Case, Outcome};
use serde_json::Value;

/// Failures shown in full; the rest are only counted.
const SHOWN_FAILURES: usize = 20;

/// Checks every vector of one venue's file.
type Check = fn(&Value) -> Vec<Outcome>;

/// The venues whose files can be checked, by the name of the file without its ending.
const VENUES: [(&str, Check); 4] = [
    ("raydium_cpmm", cpmm::check),
    ("raydium_amm_v4", amm_v4::check),
    ("meteora_damm_v2", damm_v2::check),
    ("meteora_dlmm", dlmm::check),
];

#[test]
fn every_vector_of_the_venues_is_matched_to_the_last_unit() {
    let folder = std::env::var_os("VENUE_VECTORS_DIR").map_or_else(own_folder, PathBuf::from);

    let outcomes = check_folder(&folder);

    let failures: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .collect();
    let shown: Vec<_> = failures
        .iter()
        .take(SHOWN_FAILURES)
        .map(|it| it.as_str())
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} vectors in {} failed:\n{}",
        failures.len(),
        outcomes.len(),
        folder.display(),
        shown.join("\n"),
    );
    assert!(
        !outcomes.is_empty(),
        "no vector files in {}",
        folder.display()
    );
}

#[test]
fn the_vectors_of_this_crate_cover_all_four_venues() {
    for (venue, check) in VENUES {
        let path = own_folder().join(format!("{venue}.json"));

        let outcomes = check(&read(&path).expect("the crate's own file is readable"));

        assert!(
            outcomes.len() >= 90,
            "{venue}: only {} vectors",
            outcomes.len()
        );
    }
}

#[test]
fn a_vector_that_cannot_be_checked_is_a_failure() {
    let path = own_folder().join("raydium_cpmm.json");
    let original = read(&path).expect("the crate's own file is readable");
    let altered = |pointer: &str, value: Value| {
        let mut file = original.clone();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer with a parent");
        file.pointer_mut(parent).expect("the parent exists")[key] = value;
        cpmm::check(&file)
            .iter()
            .filter(|outcome| outcome.is_err())
            .count()
    };

    let unchanged = altered("/vectors/0/kind", original["vectors"][0]["kind"].clone());
    assert_eq!(unchanged, 0);
    assert_eq!(altered("/vectors/0/kind", "exact_middle".into()), 1);
    assert_eq!(altered("/vectors/0/expected/surprise", "1".into()), 1);
    assert_eq!(altered("/vectors/0/surprise", "1".into()), 1);
    assert_eq!(altered("/vectors/0/state/surprise", "1".into()), 1);
    assert_eq!(altered("/vectors/0/expected", serde_json::json!({})), 1);
    assert_eq!(
        altered(
            "/vectors/0/expected",
            serde_json::json!({"error": "surprise"})
        ),
        1
    );
    assert_eq!(altered("/surprise", "1".into()), 1);
    assert_eq!(altered("/venue", "raydium_amm_v4".into()), 1);
}

#[test]
fn a_file_of_no_known_venue_is_a_failure_among_vector_files() {
    let folder = own_folder();

    let unknown = check_file(&folder.join("unknown_venue.json"));
    let not_json = check_file(&folder.join("raydium_cpmm.csv"));

    assert!(unknown.iter().any(Result::is_err));
    assert!(not_json.iter().any(Result::is_err));
}

fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn check_folder(folder: &Path) -> Vec<Outcome> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return vec![Err(format!("{}: {error}", folder.display()))],
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a readable folder entry").path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    paths.iter().flat_map(|path| check_file(path)).collect()
}

fn check_file(path: &Path) -> Vec<Outcome> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let check = VENUES
        .iter()
        .find(|(venue, _)| name.strip_suffix(".json") == Some(*venue))
        .map(|(_, check)| check);
    match (check, read(path)) {
        (None, _) => vec![Err(format!("{}: no known venue's file", path.display()))],
        (Some(_), Err(error)) => vec![Err(format!("{}: {error}", path.display()))],
        (Some(check), Ok(file)) => check(&file),
    }
}

fn read(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// Checks the frame of a venue's file and then each of its vectors.
fn check_vectors(
    file: &Value,
    venue: &str,
    known_keys: &[&str],
    check: impl Fn(&Case<'_>) -> Outcome,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    if file["venue"] != venue {
        outcomes.push(Err(format!(
            "{venue}: the file says venue {}",
            file["venue"]
        )));
    }
    let frame = Case::new(venue, "the file", file);
    if let Err(error) = frame.only_keys(known_keys) {
        outcomes.push(Err(error));
    }
    let Some(vectors) = file["vectors"]
        .as_array()
        .filter(|vectors| !vectors.is_empty())
    else {
        outcomes.push(Err(format!("{venue}: the file holds no vectors")));
        return outcomes;
    };
    outcomes.extend(vectors.iter().map(|vector| {
        let id = vector["id"].as_str().unwrap_or("a vector without id");
        check(&Case::new(venue, id, vector))
    }));
    outcomes
}
