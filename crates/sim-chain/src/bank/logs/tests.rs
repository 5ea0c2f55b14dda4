use solana_address::Address;

use super::{BYTES_MAX, Line, Logs};

/// As long as an address gets.
const LONG: Address = Address::new_from_array([255; 32]);
/// As short as it gets.
const SHORT: Address = Address::new_from_array([0; 32]);

fn consumed() -> Line {
    Line::Consumed {
        program: 0,
        units: u32::MAX,
        left: u32::MAX,
    }
}

/// How many of these lines a log takes before it is cut.
fn taken(line: &Line, key: Address) -> usize {
    let mut logs = Logs::default();
    for _ in 0..BYTES_MAX {
        logs.push(line.clone(), |_| key);
    }
    let lines = logs.into_lines();
    assert_eq!(lines.last(), Some(&Line::Text("Log truncated".to_owned())));
    lines.len() - 1
}

#[test]
fn a_log_is_cut_where_its_written_lines_become_too_long() {
    for key in [LONG, SHORT] {
        let invoked = Line::Invoked {
            program: 0,
            depth: 5,
        };
        for line in [invoked, consumed(), Line::Succeeded { program: 0 }] {
            let each = line.text(|_| key).len();

            assert_eq!(taken(&line, key), (BYTES_MAX - 1) / each, "{line:?}");
        }
    }
}

#[test]
fn a_short_line_still_finds_room_behind_a_long_one() {
    let text = |bytes| Line::Text("x".repeat(bytes));
    let mut logs = Logs::default();

    for line in [text(BYTES_MAX - 10), text(10), text(9), text(1)] {
        logs.push(line, |_| LONG);
    }

    let kept = [
        text(BYTES_MAX - 10),
        Line::Text("Log truncated".to_owned()),
        text(9),
    ];
    assert_eq!(logs.into_lines(), kept);
}

#[test]
fn no_line_is_longer_than_is_taken_for_granted() {
    assert!(consumed().text(|_| LONG).len() <= consumed().bytes_max());
}
