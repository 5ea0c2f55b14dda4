use serde_json::json;

use super::*;

/// A busy engine: six digits everywhere, long names of hosts, amounts of twelve digits.
fn busy() -> (Look, Rates) {
    let count = 123_456;
    let stats = json!({
        "success": true,
        "paused": true,
        "byStatus": {
            "pending": count, "routing": count, "building": count, "submitted": count,
            "confirmed": count, "failed": count, "cancelled": count, "expired": count,
        },
        "queue": { "waiting": count, "delayed": count, "running": count, "oldestMs": count },
        "throughput": { "lastMinute": count },
        "latencyMs": { "p50": count, "p99": count },
        "workers": [{
            "id": "01a21fbd-c89f-77da-8081-0f8ff2b5b0a1",
            "version": "0.1.0",
            "host": "order-engine-worker-7d9f8b6c5d-xk2vq",
            "slots": 1_000,
            "running": 1_000,
            "startedAt": "2026-11-28T01:21:01.087Z",
            "seenAt": "2026-11-28T01:21:01.087Z",
        }],
    });
    let order = json!({
        "orderId": "01a21fbe-33d4-72f9-b263-7c28d12ba128",
        "orderType": "market",
        "tokenIn": "BONK",
        "tokenOut": "USDC",
        "tokenInMint": "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263",
        "tokenOutMint": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        "amountIn": "123456789012.12345",
        "slippageBps": 50,
        "status": "confirmed",
        "amountOut": "0.00001234567",
        "attempts": 1,
        "venues": [],
        "seq": 5,
        "createdAt": "2026-11-28T01:21:01.087Z",
        "updatedAt": "2026-11-28T01:21:01.087Z",
    });
    let look = Look {
        stats: serde_json::from_value(stats).expect("these are numbers"),
        latest: vec![serde_json::from_value(order).expect("this is an order")],
    };
    let rates = Rates {
        ended: None,
        per_look: (0..40).collect(),
    };
    (look, rates)
}

#[test]
fn nothing_is_wider_than_the_terminal_and_nothing_is_left_out() {
    let (look, rates) = busy();
    for width in [60, 70, 80, 120] {
        let lines = lines("http://127.0.0.1:3000", &look, &rates, width);

        for line in &lines {
            let length = line.chars().count();
            assert!(
                length <= usize::from(width),
                "{length} columns of {width}: {line}"
            );
        }
        let text = lines.join("\n");
        assert_eq!(text.matches("123456").count(), 8 + 4 + 2 + 1 + 2, "{text}");
        for part in [
            "paused",
            "0f8ff2b5b0a1",
            "c5d-xk2vq",
            "2026-11-28",
            "d12ba128",
            "123456789012 BONK→USDC",
            "0.00001234567  confirmed",
            &rates.chart(),
        ] {
            assert!(text.contains(part), "no {part} in {width} columns:\n{text}");
        }
    }
}

#[test]
fn ids_stand_in_full_where_there_is_room() {
    let (look, rates) = busy();
    let shows = |width| {
        let lines = lines("http://127.0.0.1:3000", &look, &rates, width);
        let text = lines.join("\n");
        (
            text.contains("01a21fbe-33d4-72f9-b263-7c28d12ba128"),
            text.contains("order-engine-worker-7d9f8b6c5d-xk2vq"),
        )
    };

    assert_eq!(shows(60), (false, false));
    assert_eq!(shows(120), (true, true));
    assert_eq!(shows(u16::MAX), (true, true));
}
