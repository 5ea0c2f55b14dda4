//! Kinds of answers are distinguished exactly.

use super::whole_length;

#[test]
fn an_answer_ends_where_its_length_says() {
    let whole = b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(whole_length(whole).unwrap(), Some(whole.len()));
    assert_eq!(whole_length(&whole[..whole.len() - 6]).unwrap(), None);
}

#[test]
fn a_refusal_fails_the_run() {
    let refused = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
    assert!(whole_length(refused).is_err());
}
