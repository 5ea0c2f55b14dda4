use ports::SystemClock;
use serde_json::Value;

use super::*;

const PLACES: [PoolPlace; 2] = [
    PoolPlace {
        program: Address([7; 32]),
        size: 637,
        offset: 168,
        pair: 168,
    },
    PoolPlace {
        program: Address([8; 32]),
        size: 904,
        offset: 88,
        pair: 56,
    },
];

fn socket() -> BirthSocket {
    let endpoint: SocketEndpoint = "ws://127.0.0.1:1".parse().unwrap();
    let clock = Arc::new(SystemClock::new());
    BirthSocket::new(endpoint, PLACES.to_vec(), clock, Random::seeded(1))
}

fn token(number: u8) -> Mint {
    mint(Address([number; 32]))
}

/// The calls that are made now, as methods and parameters.
fn asked(socket: &BirthSocket) -> Vec<(String, Value)> {
    let asked = socket.take_asked().into_iter().map(|text| {
        let call: Value = serde_json::from_str(&text).unwrap();
        (
            call["method"].as_str().unwrap().to_owned(),
            call["params"].clone(),
        )
    });
    asked.collect()
}

fn notice(subscription: u64) -> Vec<u8> {
    json!({
        "jsonrpc": "2.0", "method": "programNotification",
        "params": {"subscription": subscription, "result": {
            "context": {"slot": 9}, "value": {"pubkey": "x", "account": {"data": ["", "base64"]}},
        }},
    })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn a_token_is_asked_for_in_every_place_and_told_of() {
    let socket = socket();
    socket.follow(&BTreeSet::from([token(1)]));

    let calls = asked(&socket);
    assert_eq!(calls.len(), PLACES.len());
    for ((method, params), place) in calls.iter().zip(PLACES) {
        assert_eq!(method, "programSubscribe");
        assert_eq!(params[0], place.program.to_string());
        assert_eq!(params[1]["filters"][0]["dataSize"], place.size);
        let compared = &params[1]["filters"][1]["memcmp"];
        assert_eq!(compared["offset"], place.offset);
        assert_eq!(compared["bytes"], Address([1; 32]).to_string());
    }
    socket.hear(br#"{"jsonrpc":"2.0","id":2,"result":44}"#);
    socket.hear(&notice(45));
    socket.hear(&notice(44));

    assert_eq!(socket.next().await, BTreeSet::from([token(1)]));
}

fn naming(subscription: u64, one: u8, other: u8) -> Vec<u8> {
    let pair = [[one; 32], [other; 32]].concat();
    let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair);
    json!({
        "jsonrpc": "2.0", "method": "programNotification",
        "params": {"subscription": subscription, "result": {
            "context": {"slot": 9}, "value": {"pubkey": "x", "account": {"data": [data, "base64"]}},
        }},
    })
    .to_string()
    .into_bytes()
}

#[tokio::test]
async fn of_a_watched_token_it_is_told_which_pair_a_pool_is_of_once_it_is_followed_in_every_place()
{
    let socket = socket();
    let watched = Address([1; 32]);
    socket.watch(&BTreeSet::from([watched]));

    let calls = asked(&socket);
    for ((_, params), place) in calls.iter().zip(PLACES) {
        let slice = &params[1]["dataSlice"];
        assert_eq!(slice["offset"], place.pair);
        assert_eq!(slice["length"], PAIR_BYTES);
    }
    socket.hear(br#"{"jsonrpc":"2.0","id":1,"result":43}"#);
    assert_eq!(
        socket.told_since(watched),
        None,
        "one place is not asked yet"
    );
    socket.hear(br#"{"jsonrpc":"2.0","id":2,"result":44}"#);
    assert!(socket.told_since(watched).is_some());
    socket.hear(&naming(44, 1, 2));

    let born = Born {
        program: PLACES[1].program,
        mints: (Address([1; 32]), Address([2; 32])),
    };
    assert_eq!(socket.pools().await, BTreeSet::from([born]));
    // Nobody waits for it to be told as a birth of a token.
    assert!(socket.state().told.is_empty());
    socket.lost();
    assert_eq!(socket.told_since(watched), None);
}

#[test]
fn tokens_that_are_awaited_have_room_before_watched_ones() {
    let socket = socket();
    let watched: BTreeSet<Address> = (0..=FOLLOWED_MAX)
        .map(|number| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            Address(bytes)
        })
        .collect();
    socket.watch(&watched);
    let subjects = |socket: &BirthSocket| socket.state().wanted.subjects().collect::<Vec<_>>();
    assert_eq!(subjects(&socket).len(), FOLLOWED_MAX);

    socket.follow(&BTreeSet::from([token(255)]));

    let of_awaited = subjects(&socket);
    let of_awaited = of_awaited.iter().filter(|it| it.mint == Address([255; 32]));
    assert_eq!(of_awaited.count(), PLACES.len());
    assert_eq!(subjects(&socket).len(), FOLLOWED_MAX);
}

#[test]
fn an_endpoint_that_refuses_a_watched_token_is_not_asked_for_it_again_at_once() {
    let socket = socket();
    let watched = BTreeSet::from([Address([1; 32])]);
    socket.watch(&watched);
    asked(&socket);
    socket.hear(br#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"no"}}"#);

    socket.watch(&watched);

    assert_eq!(asked(&socket), []);
    assert_eq!(socket.told_since(Address([1; 32])), None);
}

#[test]
fn a_token_that_nobody_waits_for_is_followed_no_more() {
    let socket = socket();
    socket.follow(&BTreeSet::from([token(1)]));
    asked(&socket);
    socket.hear(br#"{"jsonrpc":"2.0","id":1,"result":43}"#);

    socket.follow(&BTreeSet::from([token(2)]));

    let methods: Vec<String> = asked(&socket).into_iter().map(|it| it.0).collect();
    let again = ["programSubscribe", "programSubscribe", "programUnsubscribe"];
    assert_eq!(methods, again);
    socket.lost();
    assert_eq!(asked(&socket).len(), PLACES.len());
}
