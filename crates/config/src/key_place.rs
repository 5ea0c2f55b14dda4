//! Where the key of a wallet is.

use std::path::PathBuf;

/// Where the key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// In a file.
    File(PathBuf),
    /// In a process of its own, which is asked at this socket.
    Signer(PathBuf),
}

/// Where the key is: a file, or a signer's socket.
pub(crate) fn key_place(text: &str) -> Result<KeyPlace, String> {
    let text = text.trim();
    let place = match text.strip_prefix("unix:") {
        Some(socket) => (socket, KeyPlace::Signer(PathBuf::from(socket))),
        None => (text, KeyPlace::File(PathBuf::from(text))),
    };
    match place {
        ("", _) => Err(
            "the path of a key file as solana-keygen writes it, or unix:PATH of a signer's socket"
                .to_owned(),
        ),
        (_, place) => Ok(place),
    }
}
