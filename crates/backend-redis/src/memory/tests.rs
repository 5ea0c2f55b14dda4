use super::*;

fn stamp(epoch: &str, count: i64) -> Stamp {
    Stamp {
        epoch: epoch.to_owned(),
        count,
    }
}

#[test]
fn answers_that_overtake_each_other_are_no_rollback() {
    let memory = Memory::default();
    memory.adopt(stamp("1", 5));
    let before = memory.newest();

    let newer = memory.judge(before.as_ref(), &stamp("1", 7));
    let older = memory.judge(before.as_ref(), &stamp("1", 6));

    assert_eq!((newer, older), (Verdict::Continuous, Verdict::Continuous));
    assert_eq!(memory.newest(), Some(stamp("1", 7)));
}

#[test]
fn a_count_seen_before_is_a_rollback() {
    let memory = Memory::default();
    memory.adopt(stamp("1", 5));

    let verdict = memory.judge(memory.newest().as_ref(), &stamp("1", 5));

    assert_eq!(verdict, Verdict::RolledBack);
    assert_eq!(memory.newest(), Some(stamp("1", 5)));
}

#[test]
fn another_epoch_is_a_new_beginning() {
    let memory = Memory::default();
    memory.adopt(stamp("1", 5));

    let verdict = memory.judge(memory.newest().as_ref(), &stamp("2", 1));

    assert_eq!(verdict, Verdict::BegunAnew);
    assert_eq!(memory.newest(), Some(stamp("2", 1)));
}
