use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::keys::Signer;

fn keypair() -> [u8; 64] {
    SigningKey::from_bytes(&[42; 32]).to_keypair_bytes()
}

/// A key file with these numbers, open to these people.
fn file(numbers: &[u8], mode: u32) -> (TempDir, PathBuf) {
    write(&format!("{numbers:?}\n"), mode)
}

fn write(text: &str, mode: u32) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("id.json");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    (folder, path)
}

#[test]
fn a_key_file_gives_its_wallet() {
    for mode in [0o600, 0o400] {
        let (_folder, path) = file(&keypair(), mode);

        let wallet = read(&path).unwrap();

        assert_eq!(wallet.address().0, keypair()[32..]);
    }
}

#[test]
fn a_file_that_others_can_reach_is_refused() {
    for mode in [0o640, 0o604, 0o620, 0o602, 0o666] {
        let (_folder, path) = file(&keypair(), mode);

        let error = read(&path).unwrap_err();

        let refused = matches!(error, KeyFileError::OpenToOthers { mode: found } if found == mode);
        assert!(refused, "{mode:o}: {error:?}");
    }
}

#[test]
fn a_link_is_refused() {
    let (folder, path) = file(&keypair(), 0o600);
    let link = folder.path().join("link.json");
    symlink(&path, &link).unwrap();

    assert!(matches!(read(&link), Err(KeyFileError::Link)));
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();

    assert!(matches!(read(folder.path()), Err(KeyFileError::NotAFile)));
    assert!(matches!(read(&pipe), Err(KeyFileError::NotAFile)));
}

#[test]
fn another_owners_file_is_refused() {
    let (_folder, path) = file(&keypair(), 0o600);
    let about = fs::metadata(&path).unwrap();

    let checked = check(&about, about.uid() + 1);

    assert!(matches!(checked, Err(KeyFileError::OtherOwner { .. })));
}

#[test]
fn halves_that_do_not_belong_together_are_refused() {
    let mut numbers = keypair();
    let other = SigningKey::from_bytes(&[43; 32]).verifying_key();
    numbers[32..].copy_from_slice(other.as_bytes());
    let (_folder, path) = file(&numbers, 0o600);

    assert!(matches!(read(&path), Err(KeyFileError::Mismatch)));
}

#[test]
fn what_is_no_key_is_refused_without_repeating_it() {
    let numbers = format!("{:?}", &keypair());
    let wrong = [
        String::new(),
        "[]".to_owned(),
        numbers.trim_end_matches(']').to_owned(),
        numbers.replace(']', ",1]"),
        numbers.replacen("[", "[256,", 1),
        numbers.replacen(", ", ",, ", 1),
        numbers.replacen("[", "[-1,", 1),
        format!("{}{numbers}", " ".repeat(1_024)),
    ];
    for text in wrong {
        let (_folder, path) = write(&text, 0o600);

        let error = read(&path).unwrap_err();

        assert!(matches!(error, KeyFileError::NotAKey), "{text}: {error:?}");
        assert!(!error.to_string().contains("42"));
    }
}

#[test]
fn a_key_is_read_from_a_text_in_either_form() {
    let base58 = bs58::encode(keypair()).into_string();
    let numbers = format!("{:?}", &keypair());
    for text in [&base58, &numbers, &format!(" {base58}\n")] {
        let wallet = from_text(text).unwrap();

        assert_eq!(wallet.address().0, keypair()[32..]);
    }

    let mut other = keypair();
    other[63] ^= 1;
    let other = bs58::encode(other).into_string();
    assert_eq!(from_text(&other).unwrap_err(), KeyTextError::Mismatch);
    for text in ["", "[]", "0OIl", &base58[1..], &numbers[1..]] {
        assert_eq!(
            from_text(text).unwrap_err(),
            KeyTextError::NotAKey,
            "{text}"
        );
    }
}
