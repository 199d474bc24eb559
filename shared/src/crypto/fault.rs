//! Why something could not be sealed or cannot be read, each with the sentence to show.

use crate::base::KeyId;

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    #[error("too large to be sealed as one object")]
    TooLarge,
    #[error("could not be encoded")]
    Encoding,
}

/// "Why can't I read this?"
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the stored bytes are cut short")]
    Cut,
    #[error("the stored bytes are longer than this kind may be")]
    TooLarge,
    #[error("written by a newer version of the app")]
    NewerFormat,
    #[error("not in any format this app has written")]
    UnknownFormat,
    #[error("sealed with another key than the one at hand")]
    OtherKey { named: KeyId },
    #[error("changed, damaged, or moved here from another place")]
    NotAuthentic,
    #[error("opened, but the content is not well formed")]
    Malformed,
}
