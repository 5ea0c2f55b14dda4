//! Signatures by the Standard Webhooks convention.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What signs. It prints as three stars, and its memory is zeroed when it goes.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<Vec<u8>>);

/// A key that is not base64.
#[derive(Debug, thiserror::Error)]
#[error("the key is not base64")]
pub struct InvalidKey;

impl SigningKey {
    /// The key of these bytes in base64.
    pub fn from_base64(text: &str) -> Result<Self, InvalidKey> {
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| InvalidKey)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// The signature of a message that is sent at this second.
    #[must_use]
    pub fn sign(&self, id: &str, second: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .expect("invariant: a key of any length is allowed");
        mac.update(format!("{id}.{second}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// The first is the convention's own example; Python's `hmac` gives both.
    #[test]
    fn a_signature_is_that_of_the_convention() {
        let key = SigningKey::from_base64(KEY).expect("base64");
        for (id, second, body, expected) in [
            (
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                r#"{"test": 2432232314}"#,
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (
                "evt_0192f3a1-7c1e-7a40-8000-0123456789ab_4",
                1_767_225_600,
                r#"{"name":"Zürich €"}"#,
                "v1,zSa+wQl5jfI4nZCg9AH+230b3AVARvF8QYjn5CaXfeg=",
            ),
        ] {
            assert_eq!(key.sign(id, second, body.as_bytes()), expected);
        }
    }

    #[test]
    fn a_key_does_not_print() {
        let key = SigningKey::from_base64(KEY).expect("base64");

        assert_eq!(format!("{key:?}"), "***");
        assert!(SigningKey::from_base64("no base64").is_err());
    }
}
