//! No two modules of a crate import each other, directly or through others: each can be read without the other.
//!
//! A module counts together with its submodules; inside it the submodules are checked again.
//! Imports between a module and its own submodules are no cycle. Tests are left out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

mod imports;

use imports::imports;

/// Cycles that still exist, by their modules. Do not add a new one here: remove it.
const KNOWN: &[&str] = &[];

/// A module's path in its crate; the crate itself has none.
type Module = Vec<String>;
/// The modules that a module imports from.
type Rooms = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_two_modules_of_a_crate_import_each_other() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut found, mut read) = (Vec::new(), 0);
    for folder in fs::read_dir(crates).expect("the crates") {
        let folder = folder.expect("a folder").path();
        let mut sources = BTreeMap::new();
        collect(&folder.join("src"), &mut Vec::new(), &mut sources);
        read += sources.len();
        let name = folder.file_name().expect("a name").to_string_lossy();
        for circle in circles(&rooms(&sources)) {
            if !KNOWN.contains(&circle.rooms.as_str()) {
                found.push(format!("{name}: {}", circle.way));
            }
        }
    }

    assert!(read > 300, "only {read} files were found");
    assert!(
        found.is_empty(),
        "modules import each other:\n{}",
        found.join("\n")
    );
}

/// The source files of a crate, by the modules they are.
fn collect(folder: &Path, module: &mut Module, sources: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().expect("a name").to_string_lossy();
        // Programs beside the library are crates of their own.
        if stem == "tests" || stem == "bin" || (stem == "main" && folder.join("lib.rs").exists()) {
            continue;
        }
        let is_root = module.is_empty() && (stem == "lib" || stem == "main");
        if !is_root {
            module.push(stem.into_owned());
        }
        if path.is_dir() {
            collect(&path, module, sources);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            sources.insert(module.clone(), text);
        }
        if !is_root {
            module.pop();
        }
    }
}

/// Which modules of a crate import from each other.
fn rooms(sources: &BTreeMap<Module, String>) -> Rooms {
    let mut rooms = Rooms::new();
    for (module, text) in sources {
        for path in imports(text) {
            let from = target(module, &path, sources);
            let shared = (module.iter().zip(&from)).take_while(|(one, other)| one == other);
            let shared = shared.count();
            // A module and its own parts.
            if shared == module.len() || shared == from.len() {
                continue;
            }
            let room = |module: &[String]| module[..=shared].join("::");
            rooms.entry(room(module)).or_default().insert(room(&from));
        }
    }
    rooms
}

/// The module that a path leads to; its own if it leads out of the crate.
fn target(module: &Module, path: &[String], sources: &BTreeMap<Module, String>) -> Module {
    let mut target = match path[0].as_str() {
        "crate" => Module::new(),
        "self" | "super" => module.clone(),
        _ => return module.clone(),
    };
    for name in path {
        match name.as_str() {
            "crate" | "self" => {}
            "super" => drop(target.pop()),
            name => {
                target.push(name.to_owned());
                if !sources.contains_key(&target) {
                    target.pop();
                    break;
                }
            }
        }
    }
    target
}

struct Circle {
    /// All rooms that can be reached from each other.
    rooms: String,
    /// A shortest way round.
    way: String,
}

fn circles(rooms: &Rooms) -> Vec<Circle> {
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for room in rooms.keys() {
        if seen.contains(room) {
            continue;
        }
        let Some(way) = way(rooms, room, room) else {
            continue;
        };
        let is_around = |other: &&String| *other == room || way_both(rooms, room, other);
        let around: Vec<&str> = rooms.keys().filter(is_around).map(String::as_str).collect();
        seen.extend(around.iter().map(|room| (*room).to_owned()));
        circles.push(Circle {
            rooms: around.join(", "),
            way: way.join(" -> "),
        });
    }
    circles
}

fn way_both(rooms: &Rooms, one: &str, other: &str) -> bool {
    way(rooms, one, other).is_some() && way(rooms, other, one).is_some()
}

/// A shortest way from one room to another, of one step at least.
fn way(rooms: &Rooms, from: &str, to: &str) -> Option<Vec<String>> {
    let mut ways = VecDeque::from([vec![from.to_owned()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in rooms.get(way.last()?).into_iter().flatten() {
            let longer = [way.clone(), vec![next.clone()]].concat();
            if next == to {
                return Some(longer);
            }
            if seen.insert(next) {
                ways.push_back(longer);
            }
        }
    }
    None
}

/// The ways round in a crate of these files.
fn ways(files: &[(&str, &str)]) -> Vec<String> {
    let sources = files.iter().map(|(module, text)| {
        let module = module.split("::").filter(|name| !name.is_empty());
        (module.map(str::to_owned).collect(), (*text).to_owned())
    });
    let circles = circles(&rooms(&sources.collect()));
    circles.into_iter().map(|circle| circle.way).collect()
}

#[test]
fn a_planted_circle_is_found_and_named() {
    let found = ways(&[
        ("", "pub mod a; pub mod b; pub mod c;"),
        ("a", "use crate::b::{self, Thing};"),
        ("b", "fn f() { super::c::g::<u8>() }"),
        ("c", "use super::{\n    a as other,\n};"),
        ("d", "use crate::a;"),
    ]);

    assert_eq!(found, ["a -> b -> c -> a"]);
}

#[test]
fn a_module_counts_with_its_parts() {
    let found = ways(&[
        ("a::x", "use crate::b::Thing;"),
        ("b", ""),
        ("b::y", "use crate::a::Other;"),
        ("a", "mod x;"),
        ("a::v", "use super::w::W;"),
        ("a::w", "use crate::a::v::V;"),
    ]);

    assert_eq!(found, ["a -> b -> a", "a::v -> a::w -> a::v"]);
}

#[test]
fn parts_tests_texts_and_remarks_make_no_circle() {
    let found = ways(&[
        ("a", "mod part; use part::Part; use crate::b::Thing;"),
        ("a::part", "use super::Whole; use crate::a::Other;"),
        (
            "b",
            r##"
            // use crate::a;
            /* use crate::a; */
            const QUOTE: char = '"';
            const TEXT: &'static str = "use crate::a; \" use crate::a;";
            const RAW: &str = r#"use crate::a; " use crate::a;"#;
            pub(crate) fn f() {}
            #[cfg(test)]
            mod tests {
                use crate::a;
            }
            #[cfg(test)]
            use crate::a::Whole;
            "##,
        ),
    ]);

    assert_eq!(found, Vec::<String>::new());
}
