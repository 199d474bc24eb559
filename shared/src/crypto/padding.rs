//! Padmé (PURBs, PETS 2019): hides a length to within its leading bits at no more than 12 % overhead.
//! The end of the content is marked as in ISO/IEC 7816-4: one 0x80, then zeros.

use super::fault::Unreadable;

/// `plain ‖ 0x80 ‖ 0…`, of a length that Padmé allows.
pub fn pad(plain: &[u8]) -> Vec<u8> {
    let length = padded_len(plain.len() + 1);
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(plain);
    out.push(0x80);
    out.resize(length, 0);
    out
}

/// The content of what `pad` made. Only for bytes that have been authenticated.
pub fn unpad(padded: &[u8]) -> Result<&[u8], Unreadable> {
    let end = padded.iter().rposition(|b| *b != 0).ok_or(Unreadable::Malformed)?;
    if padded.get(end) != Some(&0x80) || padded_len(end + 1) != padded.len() {
        return Err(Unreadable::Malformed);
    }
    Ok(&padded[..end])
}

/// The smallest Padmé length that holds `len`.
pub fn padded_len(len: usize) -> usize {
    if len < 2 {
        return len;
    }
    let exponent = len.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1usize << (exponent - kept.min(exponent))) - 1;
    len.checked_add(mask).map_or(len, |sum| sum & !mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_follow_the_paper() {
        for (len, padded) in
            [(0, 0), (1, 1), (2, 2), (8, 8), (9, 10), (64, 64), (65, 72), (1000, 1024), (65_537, 67_584)]
        {
            assert_eq!(padded_len(len), padded, "{len}");
        }
    }

    #[test]
    fn bytes_that_pad_never_made_are_malformed() {
        for bad in [&[][..], &[0, 0], &[1], &[0x80, 1], &[0x80, 0, 0, 0]] {
            assert_eq!(unpad(bad), Err(Unreadable::Malformed));
        }
    }

    proptest! {
        #[test]
        fn what_was_padded_reads_back(plain in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let padded = pad(&plain);
            prop_assert!(padded.len() <= (plain.len() + 1) * 112 / 100 + 1);
            prop_assert_eq!(unpad(&padded), Ok(plain.as_slice()));
        }
    }
}
