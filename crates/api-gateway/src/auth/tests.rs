use domain::{ClientId, OrderId};
use uuid::Uuid;

use super::*;
use crate::settings::ApiKey;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_500);

fn keys() -> Keys {
    let key = |client: &str, key: &str| ApiKey {
        client: ClientId::parse(client).unwrap(),
        key: key.to_owned(),
    };
    let settings = GatewaySettings {
        api_keys: vec![key("desk", "alpha"), key("fund", "beta")],
        admin_key: Some("root".to_owned()),
        ..GatewaySettings::default()
    };
    Keys::new(&settings, [1, 2, 3, 4])
}

fn desk() -> Caller {
    Caller {
        client: ClientId::parse("desk").unwrap(),
        scope: Scope::Key,
    }
}

#[test]
fn a_key_names_its_client() {
    assert_eq!(keys().by_key("alpha"), Some(desk()));
    assert_eq!(keys().by_key("root").unwrap().scope, Scope::Admin);
    assert_eq!(keys().by_key("alph"), None);
    assert_eq!(keys().by_key(""), None);
}

#[test]
fn a_token_opens_for_its_client_until_it_runs_out() {
    let keys = keys();
    let text = keys
        .token_for(&desk(), Reach::Client, NOW)
        .unwrap()
        .to_string();
    let at = |seconds| NOW.plus(std::time::Duration::from_secs(seconds));

    assert_eq!(keys.by_token(&text, Reach::Client, NOW), Some(desk()));
    assert_eq!(keys.by_token(&text, Reach::Client, at(299)), Some(desk()));
    assert_eq!(keys.by_token(&text, Reach::Client, at(300)), None);
}

#[test]
fn another_gateway_with_the_same_keys_takes_the_token() {
    let text = keys()
        .token_for(&desk(), Reach::Client, NOW)
        .unwrap()
        .to_string();

    let settings = GatewaySettings {
        api_keys: vec![ApiKey {
            client: ClientId::parse("desk").unwrap(),
            key: "alpha".to_owned(),
        }],
        ..GatewaySettings::default()
    };
    let other = Keys::new(&settings, [9, 9, 9, 9]);

    assert_eq!(other.by_token(&text, Reach::Client, NOW), Some(desk()));
}

#[test]
fn a_changed_token_opens_nothing() {
    let keys = keys();
    let genuine = keys
        .token_for(&desk(), Reach::Client, NOW)
        .unwrap()
        .to_string();
    let (head, mac) = genuine.rsplit_once('.').unwrap();
    let (client, expiry) = head.split_once('.').unwrap();
    let fund = keys
        .token_for(
            &Caller {
                client: ClientId::parse("fund").unwrap(),
                scope: Scope::Key,
            },
            Reach::Client,
            NOW,
        )
        .unwrap()
        .to_string();
    let (fund_client, _) = fund.split_once('.').unwrap();
    let later = expiry.parse::<i64>().unwrap() + 1;

    for forged in [
        format!("{client}.{later}.{mac}"),
        format!("{fund_client}.{expiry}.{mac}"),
        format!("{client}.{expiry}."),
        format!("{genuine}.x"),
        format!(
            "{client}.{expiry}.{}",
            mac.chars().rev().collect::<String>()
        ),
        String::new(),
        "a".repeat(10_000),
    ] {
        assert_eq!(keys.by_token(&forged, Reach::Client, NOW), None, "{forged}");
    }
}

#[test]
fn a_client_without_a_key_needs_no_token() {
    let open = Keys::new(&GatewaySettings::default(), [1, 2, 3, 4]);

    assert!(open.are_open());
    assert_eq!(open.token_for(&open.anyone(), Reach::Client, NOW), None);
}

#[test]
fn an_orders_token_opens_that_order_and_nothing_else() {
    let keys = keys();
    let order = |number| Reach::Order(OrderId::new(Uuid::from_u128(number)));
    let text = keys.token_for(&desk(), order(7), NOW).unwrap().to_string();

    assert_eq!(keys.by_token(&text, order(7), NOW), Some(desk()));
    assert_eq!(keys.by_token(&text, order(8), NOW), None);
    assert_eq!(keys.by_token(&text, Reach::Client, NOW), None);

    let wide = keys.token_for(&desk(), Reach::Client, NOW).unwrap();
    assert_eq!(
        keys.by_token(&wide.to_string(), order(7), NOW),
        Some(desk())
    );
}
