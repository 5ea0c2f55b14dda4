use super::*;
use crate::webhooks::WebhookEvents;

#[track_caller]
fn config(flags: &[&str]) -> Config {
    parse(flags).expect("each is right")
}

#[track_caller]
fn refused(flags: &[&str]) -> String {
    parse(flags).expect_err("must be refused")
}

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[test]
fn a_receiver_needs_its_secret_and_a_secret_its_receiver() {
    let alone = config(&["--webhook-url", "https://shop.example/hooks"]);
    assert_eq!(alone.validate(), Err(Invalid::WebhookWithoutSecret));
    let alone = config(&["--webhook-secret", SECRET]);
    assert_eq!(alone.validate(), Err(Invalid::SecretWithoutWebhook));
    assert!(config(&[]).receiver().is_none());

    let both = config(&[
        "--webhook-url",
        "https://shop.example/hooks?token=hunter2",
        "--webhook-secret",
        SECRET,
    ]);

    assert_eq!(both.validate(), Ok(()));
    let receiver = both.receiver().expect("a receiver");
    assert_eq!(receiver.key.expose(), "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    assert_eq!(both.webhooks.webhook_events, WebhookEvents::Terminal);
    let shown = format!("{:?} {receiver:?}", both.webhooks);
    assert!(
        !shown.contains("hunter2") && !shown.contains("MfKQ"),
        "{shown}"
    );
}

#[test]
fn wrong_webhook_settings_are_refused_and_not_shown() {
    for (variable, flag, value) in [
        ("WEBHOOK_URL", "--webhook-url", "shop.example/hunter2"),
        ("WEBHOOK_URL", "--webhook-url", "ftp://shop.example/hunter2"),
        (
            "WEBHOOK_URL",
            "--webhook-url",
            "https://me:hunter2@shop.example",
        ),
        (
            "WEBHOOK_URL",
            "--webhook-url",
            "https://shop.example#hunter2",
        ),
        (
            "WEBHOOK_SECRET",
            "--webhook-secret",
            "hunter2hunter2hunter2hunter2hunt",
        ),
        ("WEBHOOK_SECRET", "--webhook-secret", "whsec_hunter2"),
        ("WEBHOOK_SECRET", "--webhook-secret", "whsec_aHVudGVyMg=="),
    ] {
        let line = refused(&[flag, value]);

        assert!(
            line.starts_with(&format!("{variable}=*** is not allowed: ")),
            "{line}"
        );
        assert!(!line.contains("hunter2"), "{line}");
    }
    for (flag, value) in [
        ("--webhook-allow-private", "2"),
        ("--webhook-max-pending", "0"),
        ("--webhook-events", "some"),
    ] {
        assert!(refused(&[flag, value]).contains(" is not allowed: "));
    }
}
