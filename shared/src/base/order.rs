//! Putting lists in order where nobody counts the microseconds. The standard library's sort is compiled anew for every type
//! and every order, some ten kilobytes each time; here one sort of positions serves all, and what they stand for is moved.
//! Lists of the import, the export and the search that are sorted a hundred thousand times use the standard library's.

use std::cmp::Ordering;

/// Stable, as `slice::sort_by`.
pub fn sort_by<T>(list: &mut [T], order: impl Fn(&T, &T) -> Ordering) {
    let at = positions(list.len(), &|a, b| match (list.get(a), list.get(b)) {
        (Some(a), Some(b)) => order(a, b),
        _ => Ordering::Equal,
    });
    arrange(list, at);
}

/// Stable, as `slice::sort_by_cached_key`: each key is made once.
pub fn sort_by_key<T, K: Ord>(list: &mut [T], key: impl FnMut(&T) -> K) {
    let keys: Vec<K> = list.iter().map(key).collect();
    arrange(list, positions(keys.len(), &|a, b| keys.get(a).cmp(&keys.get(b))));
}

/// Stable, as `slice::sort`.
pub fn sort<T: Ord>(list: &mut [T]) {
    sort_by(list, T::cmp);
}

/// What `collect` gives, filled one by one: collecting into a tree sorts first, by a sort compiled for that tree alone.
pub fn filled<C: Default + Extend<T>, T>(items: impl IntoIterator<Item = T>) -> C {
    let mut all = C::default();
    all.extend(items);
    all
}

/// Where each place of the ordered list is to be filled from.
fn positions(len: usize, order: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut at: Vec<usize> = (0..len).collect();
    at.sort_by(|a, b| order(*a, *b));
    at
}

/// Fills each place from the one that `at` names for it, ring by ring.
fn arrange<T>(list: &mut [T], mut at: Vec<usize>) {
    for start in 0..at.len() {
        let mut place = start;
        while let Some(from) = at.get_mut(place).map(|from| std::mem::replace(from, place))
            && from != start
            && from != place
        {
            list.swap(place, from);
            place = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn lists_come_out_as_from_the_standard_library(list in prop::collection::vec((0u8..9, any::<u16>()), 0..200)) {
            let (mut theirs, mut ours) = (list.clone(), list.clone());
            theirs.sort_by_key(|(key, _)| *key);
            sort_by_key(&mut ours, |(key, _)| *key);
            prop_assert_eq!(&ours, &theirs);
            let mut ours = list.clone();
            sort_by(&mut ours, |a, b| a.0.cmp(&b.0));
            prop_assert_eq!(&ours, &theirs);
            theirs.sort();
            sort(&mut ours);
            prop_assert_eq!(ours, theirs);
            prop_assert_eq!(filled::<BTreeMap<_, _>, _>(list.clone()), list.into_iter().collect::<BTreeMap<_, _>>());
        }
    }
}
