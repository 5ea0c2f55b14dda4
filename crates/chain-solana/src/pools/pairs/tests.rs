use super::*;

fn found(pairs: &Pairs, key: Key, some: Arc<[Candidate]>, age: Duration, now: Duration) {
    pairs.found(key, some, age, (now, now));
}

/// What is known of a pair and still fresh, where nobody tells of births.
fn fresh(pairs: &Pairs, key: &Key, now: Duration) -> Option<Arc<[Candidate]>> {
    match pairs.recall(key, || None, now) {
        Recalled::Fresh(known) => Some(known),
        Recalled::Stale(_) | Recalled::Nothing => None,
    }
}

const NOW: Duration = Duration::from_secs(100);

/// Searches in a row that found no pool, the last one now.
fn barren(searches: usize) -> Pairs {
    let pairs = Pairs::default();
    for _ in 0..searches {
        found(&pairs, number(0), Arc::new([]), Duration::ZERO, NOW);
    }
    pairs
}

fn number(number: usize) -> Key {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_le_bytes());
    key(Venue::Raydium, (Address(bytes), Address([255; 32])))
}

#[test]
fn a_pairs_own_third_mint_is_the_one_that_it_has_most_pools_in_common_with() {
    let pairs = Pairs::default();
    let [one, other, sol, usual, rare] = [1, 2, 3, 4, 5].map(|byte| Address([byte; 32]));
    let knows = |pair, pools: usize| {
        let candidates = some().iter().cycle().take(pools).cloned().collect();
        let key = key(Venue::Raydium, pair);
        found(&pairs, key, candidates, Duration::ZERO, Duration::ZERO);
    };
    knows((one, sol), 9);
    knows((sol, other), 9);
    knows((one, usual), 2);
    knows((other, usual), 3);
    knows((one, rare), 1);
    knows((rare, other), 5);

    assert_eq!(pairs.third((one, other), &[sol]), Some(usual));
    assert_eq!(pairs.third((other, one), &[sol, usual]), Some(rare));
    assert_eq!(pairs.third((one, sol), &[other]), None);
}

fn some() -> Arc<[Candidate]> {
    let program = amm::Program::MAINNET[0];
    let mut account = vec![0; 637];
    account[..8].copy_from_slice(&[247, 237, 227, 245, 215, 195, 222, 70]);
    let candidate = Candidate::of(program, Address([1; 32]), &account).unwrap();
    vec![candidate].into()
}

#[test]
fn pairs_without_a_pool_never_drive_out_one_that_has_some() {
    let pairs = Pairs::default();
    found(&pairs, number(0), some(), Duration::ZERO, Duration::ZERO);

    for other in 1..=2 * PAIRS_MAX {
        found(
            &pairs,
            number(other),
            Arc::new([]),
            Duration::ZERO,
            Duration::from_secs(1),
        );
    }

    let now = Duration::from_secs(2);
    assert!(fresh(&pairs, &number(0), now).is_some());
    assert!(fresh(&pairs, &number(2 * PAIRS_MAX), now).is_some());
}

#[test]
fn of_each_kind_only_so_many_pairs_are_remembered() {
    let pairs = Pairs::default();
    for other in 0..=BARREN_MAX {
        found(
            &pairs,
            number(other),
            Arc::new([]),
            Duration::ZERO,
            Duration::ZERO,
        );
    }
    assert!(pairs.state().barren.len() <= BARREN_MAX);
    for other in 0..=PAIRS_MAX {
        found(
            &pairs,
            number(other),
            some(),
            Duration::ZERO,
            Duration::ZERO,
        );
    }
    assert_eq!(pairs.state().known.len(), PAIRS_MAX);
}

#[test]
fn pairs_without_a_pool_are_searched_for_less_and_less_often() {
    let pairs = Pairs::default();
    let (mut searches, mut many) = (0, 0);
    // Somebody asks for each of them in every scan of ten minutes.
    for second in (0..600).step_by(5) {
        let now = Duration::from_secs(second);
        for pair in 0..PAIRS_MAX + 1 {
            if fresh(&pairs, &number(pair), now).is_none() {
                found(&pairs, number(pair), Arc::new([]), Duration::ZERO, now);
                searches += usize::from(pair == 0);
                many += 1;
            }
        }
    }

    assert!((12..=16).contains(&searches), "{searches} searches");
    assert_eq!(many, (PAIRS_MAX + 1) * searches);
    let now = Duration::from_secs(600);
    found(&pairs, number(0), some(), Duration::ZERO, now);
    found(&pairs, number(0), Arc::new([]), Duration::ZERO, now);
    assert!(fresh(&pairs, &number(0), now + NOT_FOUND_FOR).is_none());
}

#[test]
fn a_pair_without_a_pool_is_searched_for_at_once_where_somebody_doubts_that() {
    let pairs = Pairs::default();
    for _ in 0..10 {
        found(
            &pairs,
            number(0),
            Arc::new([]),
            Duration::ZERO,
            Duration::ZERO,
        );
    }
    assert!(fresh(&pairs, &number(0), Duration::from_secs(1)).is_some());

    pairs.doubt(&number(0), Duration::from_secs(1));

    assert!(fresh(&pairs, &number(0), Duration::from_secs(1)).is_none());
}

#[test]
fn what_was_found_is_remembered_long_and_what_was_not_briefly() {
    let pairs = Pairs::default();
    found(&pairs, number(0), some(), Duration::ZERO, Duration::ZERO);
    found(
        &pairs,
        number(1),
        Arc::new([]),
        Duration::ZERO,
        Duration::ZERO,
    );
    let age = Duration::from_secs(500);
    found(&pairs, number(2), some(), age, Duration::ZERO);

    let known = |pair, millis| {
        let now = Duration::from_millis(millis);
        fresh(&pairs, &number(pair), now).is_some()
    };

    assert!(known(0, 599_999) && !known(0, 600_000));
    assert!(known(1, 1_999) && !known(1, 2_000));
    // Somebody else has found it long ago.
    assert!(known(2, 99_999) && !known(2, 100_000));
}

#[test]
fn what_is_doubted_is_looked_for_again_and_not_taken_from_who_found_it_before() {
    let seconds = Duration::from_secs;
    let pairs = Pairs::default();
    found(&pairs, number(0), some(), Duration::ZERO, seconds(100));

    pairs.doubt(&number(0), seconds(109));
    let too_soon = fresh(&pairs, &number(0), seconds(109)).is_some();
    pairs.doubt(&number(0), seconds(110));
    pairs.doubt(&number(0), seconds(115));

    assert!(too_soon);
    assert!(fresh(&pairs, &number(0), seconds(115)).is_none());
    assert_eq!(pairs.age_max(&number(0), seconds(115)), seconds(5));
    found(&pairs, number(0), some(), Duration::ZERO, seconds(116));
    assert!(fresh(&pairs, &number(0), seconds(117)).is_some());
    assert_eq!(pairs.age_max(&number(0), seconds(117)), FOUND_FOR);
}

#[test]
fn a_pair_without_a_pool_is_believed_as_long_as_others_only_where_births_are_told_since_before_its_search()
 {
    let second = Duration::from_secs(1);
    let is_fresh = |told_since, now| {
        let recalled = barren(1).recall(&number(0), || told_since, now);
        matches!(recalled, Recalled::Fresh(_))
    };

    assert!(is_fresh(Some(NOW), NOW + FOUND_FOR - second));
    assert!(!is_fresh(Some(NOW), NOW + FOUND_FOR));
    // A pool may have been born between the search and the first that is told.
    assert!(!is_fresh(Some(NOW + second), NOW + NOT_FOUND_FOR));
    assert!(!is_fresh(None, NOW + NOT_FOUND_FOR));
}

#[test]
fn what_is_no_longer_fresh_may_be_used_for_a_while_unless_it_is_doubted() {
    let stale =
        |pairs: &Pairs, now| matches!(pairs.recall(&number(0), || None, now), Recalled::Stale(_));
    let nothing =
        |pairs: &Pairs, now| matches!(pairs.recall(&number(0), || None, now), Recalled::Nothing);
    let with_pools = Pairs::default();
    found(&with_pools, number(0), some(), Duration::ZERO, NOW);
    let end = NOW + FOUND_FOR + STALE_FOR;
    let moment = Duration::from_millis(1);

    for (pairs, fresh_for) in [(barren(1), NOT_FOUND_FOR), (with_pools, FOUND_FOR)] {
        assert!(!stale(&pairs, NOW + fresh_for - moment));
        assert!(stale(&pairs, NOW + fresh_for));
        assert!(stale(&pairs, end - moment));
        assert!(nothing(&pairs, end));
        pairs.doubt(&number(0), NOW + fresh_for);
        assert!(nothing(&pairs, NOW + fresh_for));
    }
    assert!(nothing(&Pairs::default(), NOW), "it was never searched for");
}

#[test]
fn a_birth_puts_a_pair_in_doubt_that_had_no_pool_and_no_other() {
    let pairs = barren(1);
    found(&pairs, number(1), some(), Duration::ZERO, NOW);

    assert!(pairs.born(&number(0), NOW));
    assert!(!pairs.born(&number(1), NOW) && !pairs.born(&number(2), NOW));

    assert_eq!(pairs.has_pools(&number(0), NOW), None);
    assert_eq!(pairs.has_pools(&number(1), NOW), Some(true));
}

#[test]
fn after_a_birth_that_no_search_shows_a_pair_is_searched_for_again_soon() {
    let pairs = barren(1);
    for _ in 0..BIRTHS_MAX {
        assert!(pairs.born(&number(0), NOW));
        found(&pairs, number(0), Arc::new([]), Duration::ZERO, NOW);
    }

    // Whatever is told of a pool that is none: no search for each time.
    assert!(!pairs.born(&number(0), NOW));
    let later = NOW + NOT_FOUND_FOR_MAX;
    assert!(pairs.born(&number(0), later));
    found(&pairs, number(0), Arc::new([]), Duration::ZERO, later);
    let later = later + NOT_FOUND_FOR_MAX;
    let recalled = pairs.recall(&number(0), || Some(Duration::ZERO), later);
    assert!(matches!(recalled, Recalled::Stale(_)), "{recalled:?}");
}

#[test]
fn a_search_says_nothing_of_what_was_doubted_after_it_began() {
    let pairs = barren(1);
    let (began, second) = (NOW, Duration::from_secs(1));

    pairs.doubt(&number(0), began + second);
    let times = (began, began + 2 * second);
    pairs.found(number(0), Arc::new([]), Duration::ZERO, times);

    assert_eq!(pairs.has_pools(&number(0), NOW + 3 * second), None);
    let times = (began + 2 * second, began + 3 * second);
    pairs.found(number(0), some(), Duration::ZERO, times);
    // The first one was slow.
    let times = (began, began + 4 * second);
    pairs.found(number(0), Arc::new([]), Duration::ZERO, times);
    assert_eq!(pairs.has_pools(&number(0), NOW + 5 * second), Some(true));
}
