//! Cuts messages into frames that fit one sealed message of a transport, and puts them together again with a cap.
//! The first byte of a frame says what follows; it travels sealed.

/// A message is the log item (at most 1 MiB) and what names it.
pub const MAX_MESSAGE: usize = 1024 * 1024 + 4096;

const LAST: u8 = 0;
const MORE: u8 = 1;
const REKEY: u8 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    #[error("the frame is empty or of an unknown kind")]
    Malformed,
    #[error("the message is larger than any may be")]
    TooLarge,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Frame {
    /// A whole message has arrived.
    Message(Vec<u8>),
    /// More frames of the message are to come.
    Part,
    /// What follows is sealed with the next key.
    Rekey,
}

/// The frames of one message, each at most `max` bytes.
pub fn split(message: &[u8], max: usize) -> Vec<Vec<u8>> {
    let room = max.saturating_sub(1).max(1);
    let count = message.len().div_ceil(room).max(1);
    (0..count)
        .map(|i| {
            let part = &message[i * room..message.len().min((i + 1) * room)];
            let mut frame = Vec::with_capacity(part.len() + 1);
            frame.push(if i + 1 == count { LAST } else { MORE });
            frame.extend_from_slice(part);
            frame
        })
        .collect()
}

pub fn rekey() -> Vec<u8> {
    vec![REKEY]
}

#[derive(Debug, Default)]
pub struct Assembler {
    parts: Vec<u8>,
}

impl Assembler {
    pub fn push(&mut self, frame: &[u8]) -> Result<Frame, FrameFault> {
        let (kind, rest) = frame.split_first().ok_or(FrameFault::Malformed)?;
        match *kind {
            REKEY if rest.is_empty() && self.parts.is_empty() => Ok(Frame::Rekey),
            LAST | MORE if self.parts.len() + rest.len() > MAX_MESSAGE => Err(FrameFault::TooLarge),
            LAST => {
                self.parts.extend_from_slice(rest);
                Ok(Frame::Message(std::mem::take(&mut self.parts)))
            }
            MORE if !rest.is_empty() => {
                self.parts.extend_from_slice(rest);
                Ok(Frame::Part)
            }
            _ => Err(FrameFault::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_beyond_the_cap_is_refused_before_it_is_kept() {
        let mut assembler = Assembler::default();
        let mut part = vec![MORE];
        part.resize(60_000, 7);
        let refused = (0..100).find_map(|_| assembler.push(&part).err());
        assert_eq!(refused, Some(FrameFault::TooLarge));
        assert!(assembler.parts.len() <= MAX_MESSAGE);
    }

    #[test]
    fn an_empty_or_unknown_frame_is_malformed() {
        assert_eq!(Assembler::default().push(&[]), Err(FrameFault::Malformed));
        assert_eq!(Assembler::default().push(&[9, 1]), Err(FrameFault::Malformed));
        assert_eq!(Assembler::default().push(&[MORE]), Err(FrameFault::Malformed));
    }

    proptest! {
        #[test]
        fn what_is_split_comes_together(message in prop::collection::vec(any::<u8>(), 0..5000), max in 2usize..700) {
            let mut assembler = Assembler::default();
            let frames = split(&message, max);
            prop_assert!(frames.iter().all(|f| f.len() <= max));
            let mut whole = None;
            for frame in &frames {
                if let Ok(Frame::Message(bytes)) = assembler.push(frame) {
                    whole = Some(bytes);
                }
            }
            prop_assert_eq!(whole, Some(message));
        }
    }
}
