//! What a peer sends on a socket, frame by frame, and the answers that it gets.

use super::bodies;
use super::dice::Dice;

/// The ping that follows what a peer has sent, and the close after its answer.
pub(super) const LAST_PING: &[u8] = b"last";

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
const LAST_OF_MESSAGE: u8 = 0x80;

/// Frames, and whether a server has read all of them when it reads what comes after.
pub(super) fn messages(dice: &Dice) -> (Vec<u8>, bool) {
    match dice.below(20) {
        0 => (Vec::new(), true),
        1 => (frame(dice, PING, &dice.bytes(125)), true),
        2 => (frame(dice, TEXT, br#"{"type":"ping"}"#), true),
        3 => (fragments(dice, &bodies::decent(dice)), true),
        4 => (fragments(dice, &bodies::hostile(dice)), true),
        5 => (frame(dice, BINARY, &bodies::decent(dice)), true),
        6 => (frame(dice, TEXT, &bodies::decent(dice)).repeat(3), true),
        7 => (frame(dice, CLOSE, &1000_u16.to_be_bytes()), true),
        8 => (frame(dice, CLOSE, &dice.bytes(9)), true),
        // Announced, but never sent.
        9 => {
            let whole = frame(dice, TEXT, &bodies::decent(dice));
            (whole[..dice.below(whole.len())].to_vec(), false)
        }
        10 => (dice.bytes(dice.below(200)), false),
        11 => {
            let next = masked(0, [0; 4], b"").repeat(dice.below(60_000));
            ([masked(TEXT, [0; 4], b"{"), next].concat(), true)
        }
        12 => (
            [&[0x81, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4]].concat(),
            false,
        ),
        13 => (frame(dice, TEXT, &deep_ping(dice)), true),
        14..16 => (frame(dice, TEXT, &bodies::hostile(dice)), true),
        16 => (frame(dice, TEXT, &bodies::mutated(dice)), true),
        _ => (frame(dice, TEXT, &bodies::decent(dice)), true),
    }
}

/// A ping that carries as much as fits.
fn deep_ping(dice: &Dice) -> Vec<u8> {
    let hostile = bodies::hostile(dice);
    let mut text = br#"{"type":"ping","#.to_vec();
    text.extend(hostile.get(1..).unwrap_or_default());
    text.truncate(bodies::LIMIT);
    text
}

fn frame(dice: &Dice, opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [dice.byte(), dice.byte(), dice.byte(), dice.byte()];
    masked(LAST_OF_MESSAGE | opcode, mask, payload)
}

/// A message in pieces, with a ping between them.
fn fragments(dice: &Dice, payload: &[u8]) -> Vec<u8> {
    // Sometimes far finer than any client cuts a message.
    let size = match dice.below(4) {
        0 => 1,
        _ => 1 + dice.below(payload.len().max(1)),
    };
    let pieces: Vec<&[u8]> = payload.chunks(size).collect();
    let mut bytes = Vec::new();
    for (place, piece) in pieces.iter().enumerate() {
        let opcode = if place == 0 { TEXT } else { 0 };
        let is_last = if place + 1 == pieces.len() {
            LAST_OF_MESSAGE
        } else {
            0
        };
        bytes.extend(masked(opcode | is_last, [1, 2, 3, 4], piece));
        if place == 0 {
            bytes.extend(frame(dice, PING, b"between"));
        }
    }
    bytes
}

fn masked(first: u8, mask: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | u8::try_from(length).unwrap_or(0)),
        length @ 126..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(length).unwrap_or(0).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend(u64::try_from(length).unwrap_or(0).to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes.extend(
        payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    bytes
}

/// The ping after which a server that has read everything answers.
pub(super) fn last_ping() -> Vec<u8> {
    masked(LAST_OF_MESSAGE | PING, [0; 4], LAST_PING)
}

/// The close of a peer that has had enough.
pub(super) fn close() -> Vec<u8> {
    masked(LAST_OF_MESSAGE | CLOSE, [0; 4], &1000_u16.to_be_bytes())
}

/// What a server says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    Text(Vec<u8>),
    LastPong,
    Close,
    Other,
}

/// Takes the first frame from the received bytes; `None` if it is not complete yet.
pub(super) fn take(bytes: &mut Vec<u8>) -> Option<Told> {
    let (first, short) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    let (length, begin) = match short {
        126 => (
            usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?)),
            4,
        ),
        127 => (
            usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?,
            10,
        ),
        short => (short, 2),
    };
    let payload = bytes.get(begin..begin + length)?.to_vec();
    bytes.drain(..begin + length);
    Some(match first & 0x0f {
        TEXT => Told::Text(payload),
        CLOSE => Told::Close,
        PONG if payload == LAST_PING => Told::LastPong,
        _ => Told::Other,
    })
}
