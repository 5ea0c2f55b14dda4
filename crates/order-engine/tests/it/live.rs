//! The engine in `live`: the simulated cluster is another process, which it takes for somebody else's, reached by its
//! JSON-RPC alone and with a key from a file.

mod doctor;
mod locks;
mod mainnet;
mod secrets;
mod trading;

/// The variables that are usual, but for those that a test changes.
fn with<'a>(
    usual: &'a [(&'static str, String)],
    changed: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let is_changed = |name: &str| changed.iter().any(|(other, _)| *other == name);
    let usual = usual.iter().map(|(name, value)| (*name, value.as_str()));
    let kept = usual.filter(|(name, _)| !is_changed(name));
    kept.chain(changed.iter().copied()).collect()
}
