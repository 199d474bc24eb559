//! What scratch files promise, whatever they lie in. Removes the files that it is given.

use super::{Broken, Check, MIB, same};
use crate::port::{Scratch, ScratchName, Span, StoreFault};

const ONE: ScratchName = [0x1a; 8];
const TWO: ScratchName = [0xff; 8];

/// Runs every check, each with no file there. The error names the promise that was broken.
pub async fn is_scratch<S: Scratch>(scratch: &S) -> Result<(), String> {
    macro_rules! run {
        ($($check:ident),* $(,)?) => {$(
            empty(scratch).await.map_err(|fault| format!("emptying before {}: {fault}", stringify!($check)))?;
            $check(scratch).await.map_err(|why| format!("{}: {}", stringify!($check), why.0))?;
        )*};
    }
    run![
        what_was_appended_is_read_back_piece_by_piece,
        files_do_not_see_each_other,
        what_is_not_there_is_not_read,
        a_removed_file_is_gone_with_its_room,
        a_file_begins_anew_after_it_was_removed,
        a_piece_of_four_mebibytes_comes_back_whole,
    ];
    empty(scratch).await.map_err(|fault| format!("emptying at the end: {fault}"))
}

async fn empty<S: Scratch>(scratch: &S) -> Result<(), StoreFault> {
    for name in scratch.names().await? {
        scratch.remove(&name).await?;
    }
    Ok(())
}

async fn what_was_appended_is_read_back_piece_by_piece<S: Scratch>(scratch: &S) -> Check {
    let first = scratch.append(&ONE, b"first").await?;
    let second = scratch.append(&ONE, b"the second").await?;
    scratch.flush(&ONE).await?;
    let third = scratch.append(&ONE, b"3").await?;
    same("spans", (first.at, second.at, third.at, third.length), (0, 5, 15, 1))?;
    same("backwards", scratch.read(&ONE, second).await?, b"the second".to_vec())?;
    same("the first", scratch.read(&ONE, first).await?, b"first".to_vec())?;
    same("not flushed", scratch.read(&ONE, third).await?, b"3".to_vec())
}

async fn files_do_not_see_each_other<S: Scratch>(scratch: &S) -> Check {
    let one = scratch.append(&ONE, b"one").await?;
    let two = scratch.append(&TWO, b"two").await?;
    same(
        "each its own",
        (scratch.read(&ONE, one).await?, scratch.read(&TWO, two).await?),
        (b"one".into(), b"two".into()),
    )?;
    let mut names = scratch.names().await?;
    names.sort_unstable();
    same("names", names, vec![ONE, TWO])?;
    scratch.remove(&ONE).await?;
    same("the other stays", scratch.read(&TWO, two).await?, b"two".to_vec())?;
    same("its name too", scratch.names().await?, vec![TWO])
}

async fn what_is_not_there_is_not_read<S: Scratch>(scratch: &S) -> Check {
    let never = scratch.read(&ONE, Span { at: 0, length: 1 }).await;
    same("no file", never, Err(StoreFault::Unavailable))?;
    scratch.append(&ONE, b"four").await?;
    for span in [Span { at: 4, length: 1 }, Span { at: 3, length: 9 }, Span { at: 1 << 40, length: 1 }] {
        same("beyond the end", scratch.read(&ONE, span).await, Err(StoreFault::Unavailable))?;
    }
    Ok(())
}

async fn a_removed_file_is_gone_with_its_room<S: Scratch>(scratch: &S) -> Check {
    let before = scratch.room().await?;
    let span = scratch.append(&ONE, &[7; 100_000]).await?;
    let with = scratch.room().await?;
    if with != before && with < before + 100_000 {
        return Err(Broken(format!("{with} bytes with a file, {before} without")));
    }
    scratch.remove(&ONE).await?;
    same("room", scratch.room().await?, before)?;
    same("names", scratch.names().await?, vec![])?;
    same("bytes", scratch.read(&ONE, span).await, Err(StoreFault::Unavailable))?;
    same("again", scratch.remove(&ONE).await, Ok(()))?;
    same("nothing to flush", scratch.flush(&ONE).await, Ok(()))
}

async fn a_file_begins_anew_after_it_was_removed<S: Scratch>(scratch: &S) -> Check {
    scratch.append(&ONE, b"old and long").await?;
    scratch.remove(&ONE).await?;
    let span = scratch.append(&ONE, b"new").await?;
    same("at the beginning", span, Span { at: 0, length: 3 })?;
    same("bytes", scratch.read(&ONE, span).await?, b"new".to_vec())
}

async fn a_piece_of_four_mebibytes_comes_back_whole<S: Scratch>(scratch: &S) -> Check {
    let large: Vec<u8> = (0..4 * MIB).map(|n| ((n * 31) >> 3) as u8).collect();
    scratch.append(&TWO, b"before").await?;
    let span = scratch.append(&TWO, &large).await?;
    if scratch.read(&TWO, span).await? == large { Ok(()) } else { Err(Broken("the bytes differ".to_owned())) }
}
