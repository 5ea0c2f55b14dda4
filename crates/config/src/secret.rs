//! Text that must not appear in a log, a help page or an error.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A secret. It prints as three stars everywhere, and its memory is zeroed with its last copy.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Arc::new(Zeroizing::new(text.to_owned())))
    }

    /// The text itself, for the code that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A server's URL without its passwords, for display: also one that is none, or several of them. What looks like a part
/// of a password is hidden rather than shown.
#[must_use]
pub fn without_password(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let shown = match rest.rsplit_once('@') {
        None => format!("{scheme}{rest}"),
        Some((credentials, host)) => match credentials.split_once(':') {
            Some((user, _)) if !scheme.is_empty() => format!("{scheme}{user}:***@{host}"),
            None if !scheme.is_empty() => url.to_owned(),
            _ => format!("***@{host}"),
        },
    };
    without_parameter(&shown)
}

/// The same where it stands among the parameters.
fn without_parameter(url: &str) -> String {
    let Some((before, value)) = url.split_once("password=") else {
        return url.to_owned();
    };
    let after = value.find('&').map_or("", |end| &value[end..]);
    format!("{before}password=***{}", without_parameter(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
    }

    #[test]
    fn a_url_is_shown_without_its_password() {
        assert_eq!(
            without_password("postgres://trader:p@ss:word@db.example/orders?sslmode=require"),
            "postgres://trader:***@db.example/orders?sslmode=require"
        );
        assert_eq!(
            without_password("postgres://trader@db/orders"),
            "postgres://trader@db/orders"
        );
        assert_eq!(
            without_password("redis://127.0.0.1:6379"),
            "redis://127.0.0.1:6379"
        );
        assert_eq!(
            without_password("postgres://db/orders?user=a&password=hunter2&sslmode=require"),
            "postgres://db/orders?user=a&password=***&sslmode=require"
        );
    }

    #[test]
    fn what_is_no_url_is_shown_without_its_password_too() {
        for wrong in [
            "trader:hunter2@db.example/orders",
            "postgres//trader:hunter2@db.example",
            "redis://one:hunter2@one:6379,redis://two:hunter2@two:6379",
            "postgres://trader:hunter2/hunter2@db.example",
            "db.example/orders?password=hunter2",
        ] {
            let shown = without_password(wrong);

            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains("***"), "{shown}");
        }
    }
}
