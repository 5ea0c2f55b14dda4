//! Where in this process's memory a key stands: looked for in all of it that can be written, by the kernel's own view.

use std::fmt::Write as _;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

use zeroize::{Zeroize, Zeroizing};

use super::*;

const CHUNK: usize = 1 << 20;
/// Nothing that is looked for stands in memory for the search's own sake.
const MASK: u8 = 0xa5;

/// Something secret, masked.
struct Needle(Vec<u8>);

impl Needle {
    fn of(secret: &[u8]) -> Self {
        Self(secret.iter().map(|byte| byte ^ MASK).collect())
    }

    fn stands_at(&self, place: &[u8]) -> bool {
        let mut pairs = self.0.iter().zip(place);
        place.len() >= self.0.len() && pairs.all(|(masked, byte)| masked ^ MASK == *byte)
    }

    /// How often it stands in memory.
    fn count(&self) -> usize {
        let memory = File::open("/proc/self/mem").unwrap();
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let mut buffer = vec![0; CHUNK + self.0.len() - 1];
        // Read into itself it would be filled with copies of what stands before it.
        let own = buffer.as_ptr().addr() as u64;
        let behind_own = own + buffer.len() as u64;
        let mut count = 0;
        for line in maps.lines().filter(|line| line.contains(" rw")) {
            let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
            let [start, end] = [start, end].map(|it| u64::from_str_radix(it, 16).unwrap());
            let parts = match (start..end).contains(&own) {
                true => [(start, own), (behind_own, end)],
                false => [(start, end), (end, end)],
            };
            for (mut at, end) in parts {
                while at < end {
                    let wanted = usize::try_from(end - at).unwrap().min(buffer.len());
                    // What cannot be read, such as a device's memory, holds no key.
                    let read = memory.read_at(&mut buffer[..wanted], at).unwrap_or(0);
                    let windows = buffer[..read].windows(self.0.len());
                    count += windows.filter(|place| self.stands_at(place)).count();
                    at += CHUNK as u64;
                }
            }
        }
        // A later search must not find what this one has read.
        buffer.as_mut_slice().zeroize();
        count
    }
}

/// Writes a key file with a key that nothing else in this process has; answers its secret half and the file's text.
#[inline(never)]
fn write_key(path: &Path) -> (Needle, Needle) {
    let mut secret = Zeroizing::new([0; 32]);
    let random = File::open("/dev/urandom").unwrap();
    random.read_exact_at(&mut *secret, 0).unwrap();
    let key = Box::new(SigningKey::from_bytes(&secret));
    let public = key.verifying_key().to_bytes();
    let mut text = Zeroizing::new(String::with_capacity(1_024));
    for (place, byte) in secret.iter().chain(&public).enumerate() {
        let before = if place == 0 { '[' } else { ',' };
        write!(text, "{before}{byte}").unwrap();
    }
    text.push(']');
    fs::write(path, &*text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    (Needle::of(&*secret), Needle::of(&text.as_bytes()[..60]))
}

/// The search itself: a copy that nobody zeroes is found, and found no more once it is.
#[test]
fn a_copy_that_is_left_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (secret, _) = write_key(&folder.path().join("key"));
    scrub();
    assert_eq!(secret.count(), 0);

    let mut copy: Vec<u8> = secret.0.iter().map(|masked| masked ^ MASK).collect();

    assert_eq!(secret.count(), 1);
    copy.zeroize();
    assert_eq!(secret.count(), 0);
}

#[test]
fn a_key_stands_in_one_place_while_it_is_used_and_in_none_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let (secret, text) = write_key(&path);
    scrub();
    assert_eq!((secret.count(), text.count()), (0, 0));

    let wallet = read(&path).unwrap();
    assert_eq!((secret.count(), text.count()), (1, 0));
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    for message in [&b"one"[..], &[7; 1_232]] {
        runtime.block_on(wallet.sign(message)).unwrap();
    }
    assert_eq!((secret.count(), text.count()), (1, 0));

    drop(wallet);

    assert_eq!((secret.count(), text.count()), (0, 0));
}

#[test]
fn a_key_from_the_environment_leaves_no_copy_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let (secret, _) = write_key(&path);
    let text = Zeroizing::new(fs::read_to_string(&path).unwrap());
    scrub();

    let wallet = from_text(&text).unwrap();

    assert_eq!(secret.count(), 1);
    drop(wallet);
    assert_eq!(secret.count(), 0);
}
