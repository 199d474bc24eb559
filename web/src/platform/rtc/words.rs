//! Orders and happenings of peer connections as they cross between worker and page: JSON, with bytes beside it.

use lucerna_shared::sync::{Channel, RtcCommand, RtcEvent, SdpKind};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    Create { offerer: bool },
    RemoteSdp { offer: bool, sdp: String },
    Candidate { json: String },
    Send { channel: u16 },
    Close,
}

impl Order {
    pub fn split(command: RtcCommand) -> (Order, Option<Vec<u8>>) {
        let order = match command {
            RtcCommand::Create { offerer } => Order::Create { offerer },
            RtcCommand::SetRemoteSdp { kind, sdp } => Order::RemoteSdp { offer: kind == SdpKind::Offer, sdp },
            RtcCommand::AddCandidate(json) => Order::Candidate { json },
            RtcCommand::Send { channel, bytes } => return (Order::Send { channel: channel.id() }, Some(bytes)),
            RtcCommand::Close => Order::Close,
        };
        (order, None)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happening {
    LocalSdp { offer: bool, sdp: String },
    LocalCandidate { json: String },
    Open { channel: u16 },
    Message { channel: u16 },
    High { channel: u16 },
    Low { channel: u16 },
    Closed,
    Failed,
}

impl Happening {
    /// `None` for a channel that the engine does not know, or a message without its bytes.
    pub fn join(self, bytes: Option<Vec<u8>>) -> Option<RtcEvent> {
        Some(match self {
            Happening::LocalSdp { offer, sdp } => {
                RtcEvent::LocalSdp { kind: if offer { SdpKind::Offer } else { SdpKind::Answer }, sdp }
            }
            Happening::LocalCandidate { json } => RtcEvent::LocalCandidate(json),
            Happening::Open { channel } => RtcEvent::Open { channel: Channel::from_id(channel)? },
            Happening::Message { channel } => RtcEvent::Message { channel: Channel::from_id(channel)?, bytes: bytes? },
            Happening::High { channel } => RtcEvent::High { channel: Channel::from_id(channel)? },
            Happening::Low { channel } => RtcEvent::Low { channel: Channel::from_id(channel)? },
            Happening::Closed => RtcEvent::Closed,
            Happening::Failed => RtcEvent::Failed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_send_leaves_its_bytes_beside_the_json() {
        let command = RtcCommand::Send { channel: Channel::Bulk, bytes: vec![1, 2, 3] };
        assert_eq!(Order::split(command), (Order::Send { channel: 1 }, Some(vec![1, 2, 3])));
    }

    #[test]
    fn a_message_without_bytes_or_on_an_unknown_channel_is_dropped() {
        assert_eq!(Happening::Message { channel: 0 }.join(None), None);
        assert_eq!(Happening::Message { channel: 7 }.join(Some(vec![])), None);
    }
}
