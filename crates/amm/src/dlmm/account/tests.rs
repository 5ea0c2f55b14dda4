use super::PairAccount;
use crate::Direction;

#[test]
fn marked_arrays_are_those_that_are_found() {
    let mut pair = PairAccount::empty();
    // The last two lie beyond the pair's own bitmap.
    for index in [-512, -29, -28, 0, 511, 512, -513] {
        pair.mark_array(index);
    }
    pair.set(PairAccount::ACTIVE_ID, -28 * 70);

    let arrays: Vec<i32> = pair.arrays().into_iter().collect();
    assert_eq!(arrays, [-512, -29, -28, 0, 511]);
    assert_eq!(pair.arrays_ahead(Direction::FirstToSecond, 2), [-28, -29]);
    assert_eq!(
        pair.arrays_ahead(Direction::SecondToFirst, 9),
        [-28, 0, 511]
    );
}
