//! The suites that every store and all scratch files pass: in memory natively, in a real browser there. They empty what
//! they are given, say what is promised, and know no store in particular.

mod scratch;

use futures::join;

use super::{Row, Space, Store, StoreFault, Write, prefix_end};

pub use scratch::is_scratch;

const MIB: usize = 1 << 20;

/// Runs every check, each on an emptied store. The error names the promise that was broken.
pub async fn conforms<S: Store>(store: &S) -> Result<(), String> {
    macro_rules! run {
        ($($check:ident),* $(,)?) => {$(
            empty(store).await.map_err(|fault| format!("emptying before {}: {fault}", stringify!($check)))?;
            $check(store).await.map_err(|why| format!("{}: {}", stringify!($check), why.0))?;
        )*};
    }
    run![
        what_was_put_is_there_and_what_was_not_is_not,
        keys_are_ordered_bytewise,
        a_range_holds_its_start_but_not_its_end,
        a_range_stops_at_its_limit,
        a_prefix_range_holds_exactly_the_prefix,
        keys_are_those_of_the_rows_in_the_same_range,
        spaces_do_not_see_each_other,
        one_commit_writes_to_every_space,
        the_last_write_to_a_key_wins_within_a_commit,
        a_deleted_row_is_gone_and_deleting_nothing_is_fine,
        empty_keys_values_and_commits_are_fine,
        a_value_of_one_mebibyte_comes_back_whole,
        values_come_in_the_order_of_the_keys_asked_for,
        a_commit_is_seen_whole_or_not_at_all,
        thousands_of_writes_fit_in_one_commit,
        commits_started_together_all_arrive,
    ];
    empty(store).await.map_err(|fault| format!("emptying at the end: {fault}"))
}

struct Broken(String);

impl From<StoreFault> for Broken {
    fn from(fault: StoreFault) -> Broken {
        Broken(fault.to_string())
    }
}

type Check = Result<(), Broken>;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: T, want: T) -> Check {
    if got == want { Ok(()) } else { Err(Broken(format!("{what}: got {got:?}, want {want:?}"))) }
}

async fn empty<S: Store>(store: &S) -> Result<(), StoreFault> {
    let mut writes = Vec::new();
    for space in Space::ALL {
        let rows = store.range(space, &[], None, None).await?;
        writes.extend(rows.into_iter().map(|row| Write::delete(space, row.key)));
    }
    store.commit(writes).await
}

async fn fill<S: Store>(store: &S, space: Space, keys: &[&[u8]]) -> Result<(), StoreFault> {
    store.commit(keys.iter().map(|key| Write::put(space, *key, key.to_vec())).collect()).await
}

fn keys(rows: &[Row]) -> Vec<&[u8]> {
    rows.iter().map(|row| row.key.as_slice()).collect()
}

async fn what_was_put_is_there_and_what_was_not_is_not<S: Store>(store: &S) -> Check {
    fill(store, Space::Log, &[b"here"]).await?;
    same("present", store.get(Space::Log, b"here").await?, Some(b"here".to_vec()))?;
    same("absent", store.get(Space::Log, b"there").await?, None)?;
    store.commit(vec![Write::put(Space::Log, *b"here", vec![2])]).await?;
    same("overwritten", store.get(Space::Log, b"here").await?, Some(vec![2]))?;
    same("count", store.count(Space::Log).await?, 1)
}

async fn keys_are_ordered_bytewise<S: Store>(store: &S) -> Check {
    let ordered: [&[u8]; 8] = [&[0], &[0, 0], &[0, 255], &[1], &[127], &[128], &[128, 1], &[255, 255]];
    let mut shuffled = ordered;
    shuffled.reverse();
    shuffled.swap(1, 5);
    fill(store, Space::Chain, &shuffled).await?;
    same("order", keys(&store.range(Space::Chain, &[], None, None).await?), ordered.to_vec())
}

async fn a_range_holds_its_start_but_not_its_end<S: Store>(store: &S) -> Check {
    fill(store, Space::Log, &[b"a", b"b", b"c", b"d"]).await?;
    same("b..d", keys(&store.range(Space::Log, b"b", Some(b"d"), None).await?), vec![b"b".as_slice(), b"c"])?;
    same("aa..", keys(&store.range(Space::Log, b"aa", None, None).await?), vec![b"b".as_slice(), b"c", b"d"])?;
    same("b..b", store.range(Space::Log, b"b", Some(b"b"), None).await?, vec![])?;
    same("d..b", store.range(Space::Log, b"d", Some(b"b"), None).await?, vec![])?;
    same("x..", store.range(Space::Log, b"x", None, None).await?, vec![])
}

async fn a_range_stops_at_its_limit<S: Store>(store: &S) -> Check {
    fill(store, Space::Log, &[b"a", b"b", b"c"]).await?;
    same("two", keys(&store.range(Space::Log, b"", None, Some(2)).await?), vec![b"a".as_slice(), b"b"])?;
    same("none", store.range(Space::Log, b"", None, Some(0)).await?, vec![])?;
    same("more than there are", store.range(Space::Log, b"b", None, Some(9)).await?.len(), 2)
}

async fn a_prefix_range_holds_exactly_the_prefix<S: Store>(store: &S) -> Check {
    let inside: [&[u8]; 3] = [&[7, 255], &[7, 255, 0], &[7, 255, 255, 255]];
    fill(store, Space::Keys, &inside).await?;
    fill(store, Space::Keys, &[&[7, 254, 255], &[8]]).await?;
    let rows = store.range(Space::Keys, &[7, 255], prefix_end(&[7, 255]).as_deref(), None).await?;
    same("prefix", keys(&rows), inside.to_vec())?;
    fill(store, Space::Keys, &[&[255, 255, 3]]).await?;
    let rows = store.range(Space::Keys, &[255, 255], prefix_end(&[255, 255]).as_deref(), None).await?;
    same("prefix without an end", rows.len(), 1)
}

async fn keys_are_those_of_the_rows_in_the_same_range<S: Store>(store: &S) -> Check {
    fill(store, Space::Spool, &[b"", b"a", b"b", &[0xff, 0xff]]).await?;
    let b: &[u8] = b"b";
    for (from, to, limit) in [
        (b"".as_slice(), None, None),
        (b"a", None, None),
        (b"", Some(b), None),
        (b"a", Some(b), Some(9)),
        (b"", None, Some(2)),
        (b"", None, Some(0)),
        (b"b", Some(b), None),
        (b"c", Some(b), None),
        (&[0xff], None, None),
    ] {
        let rows = store.range(Space::Spool, from, to, limit).await?;
        let want: Vec<Vec<u8>> = rows.into_iter().map(|row| row.key).collect();
        same("keys", store.keys(Space::Spool, from, to, limit).await?, want)?;
    }
    same("all of them", store.keys(Space::Spool, &[], None, None).await?.len(), 4)
}

async fn spaces_do_not_see_each_other<S: Store>(store: &S) -> Check {
    for (n, space) in Space::ALL.into_iter().enumerate() {
        store.commit(vec![Write::put(space, *b"k", vec![n as u8])]).await?;
    }
    for (n, space) in Space::ALL.into_iter().enumerate() {
        same(
            space.name(),
            store.range(space, b"", None, None).await?,
            vec![Row { key: b"k".to_vec(), value: vec![n as u8] }],
        )?;
    }
    Ok(())
}

async fn one_commit_writes_to_every_space<S: Store>(store: &S) -> Check {
    store.commit(Space::ALL.into_iter().map(|space| Write::put(space, *b"all", vec![1])).collect()).await?;
    for space in Space::ALL {
        same(space.name(), store.get(space, b"all").await?, Some(vec![1]))?;
    }
    Ok(())
}

async fn the_last_write_to_a_key_wins_within_a_commit<S: Store>(store: &S) -> Check {
    let put = |value: u8| Write::put(Space::Index, *b"k", vec![value]);
    store.commit(vec![put(1), Write::delete(Space::Index, *b"k"), put(2)]).await?;
    same("put last", store.get(Space::Index, b"k").await?, Some(vec![2]))?;
    store.commit(vec![put(3), Write::delete(Space::Index, *b"k")]).await?;
    same("deleted last", store.get(Space::Index, b"k").await?, None)
}

async fn a_deleted_row_is_gone_and_deleting_nothing_is_fine<S: Store>(store: &S) -> Check {
    fill(store, Space::Drafts, &[b"a", b"b"]).await?;
    store.commit(vec![Write::delete(Space::Drafts, *b"a"), Write::delete(Space::Drafts, *b"never")]).await?;
    same("deleted", store.get(Space::Drafts, b"a").await?, None)?;
    same("left", keys(&store.range(Space::Drafts, b"", None, None).await?), vec![b"b".as_slice()])?;
    same("count", store.count(Space::Drafts).await?, 1)
}

async fn empty_keys_values_and_commits_are_fine<S: Store>(store: &S) -> Check {
    store.commit(vec![]).await?;
    store.commit(vec![Write::put(Space::Meta, [], vec![]), Write::put(Space::Meta, [0], vec![])]).await?;
    same("empty value", store.get(Space::Meta, &[]).await?, Some(vec![]))?;
    same("order", keys(&store.range(Space::Meta, &[], None, None).await?), vec![[].as_slice(), &[0]])?;
    same("no keys", store.get_many(Space::Meta, &[]).await?, vec![])
}

async fn a_value_of_one_mebibyte_comes_back_whole<S: Store>(store: &S) -> Check {
    let large: Vec<u8> = (0..MIB).map(|n| ((n * 31) >> 3) as u8).collect();
    store.commit(vec![Write::put(Space::Log, *b"large", large.clone())]).await?;
    let got = store.get(Space::Log, b"large").await?;
    if got.as_ref() == Some(&large) { Ok(()) } else { Err(Broken("the bytes differ".to_owned())) }
}

async fn values_come_in_the_order_of_the_keys_asked_for<S: Store>(store: &S) -> Check {
    fill(store, Space::Log, &[b"a", b"b", b"c"]).await?;
    let asked = [b"c".to_vec(), b"gone".to_vec(), b"a".to_vec(), b"c".to_vec()];
    let want = vec![Some(b"c".to_vec()), None, Some(b"a".to_vec()), Some(b"c".to_vec())];
    same("order", store.get_many(Space::Log, &asked).await?, want)
}

async fn a_commit_is_seen_whole_or_not_at_all<S: Store>(store: &S) -> Check {
    let generation = |n: u8| (0..50).map(|k| Write::put(Space::Log, [k], vec![n])).collect::<Vec<_>>();
    store.commit(generation(0)).await?;
    for n in 1..=5 {
        let (written, seen) = join!(store.commit(generation(n)), store.range(Space::Log, &[], None, None));
        written?;
        let seen = seen?;
        same("rows", seen.len(), 50)?;
        if seen.iter().any(|row| Some(&row.value) != seen.first().map(|first| &first.value)) {
            return Err(Broken("a reader saw half of a commit".to_owned()));
        }
    }
    Ok(())
}

async fn thousands_of_writes_fit_in_one_commit<S: Store>(store: &S) -> Check {
    let writes = (0..3_000u32).map(|n| Write::put(Space::Log, n.to_be_bytes(), vec![n as u8; 100])).collect();
    store.commit(writes).await?;
    same("count", store.count(Space::Log).await?, 3_000)?;
    let rows = store.range(Space::Log, &1_000u32.to_be_bytes(), Some(&1_010u32.to_be_bytes()), None).await?;
    same("in the middle", keys(&rows).first().map(|key| key.to_vec()), Some(1_000u32.to_be_bytes().to_vec()))?;
    same("as many as asked for", rows.len(), 10)
}

async fn commits_started_together_all_arrive<S: Store>(store: &S) -> Check {
    let one = |n: u8| store.commit(vec![Write::put(Space::Audit, [n], vec![n])]);
    let (a, b, c, d) = join!(one(1), one(2), one(3), one(4));
    a.and(b).and(c).and(d)?;
    same("count", store.count(Space::Audit).await?, 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::memory::{Faulty, MemoryStore, Mishap};

    #[test]
    fn a_store_that_fails_is_named_with_the_promise_it_broke() {
        let store = Faulty::new(MemoryStore::new());
        store.fail_at(13, Mishap::Refused(StoreFault::Full));
        let why = pollster::block_on(conforms(&store)).unwrap_err();
        assert!(why.contains("the device has no space left"), "{why}");
    }
}
