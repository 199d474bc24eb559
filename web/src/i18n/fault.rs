//! What to say when the engine would not or could not. Knows every fault; shows no value from a record.

use lucerna_shared::engine::api::Fault;

use super::{knows, t, t_args};

/// The fault as one sentence for the person in front of the screen.
pub fn fault_text(fault: &Fault) -> String {
    match fault {
        Fault::Storage { detail } | Fault::Damaged { detail } | Fault::Refused { detail } => {
            // The engine may name a message of its own instead of a technical detail.
            if knows(detail) { t(detail) } else { t_args(fault_key(fault), [("detail", detail.as_str().into())]) }
        }
        Fault::WrongPassphrase { .. }
        | Fault::TooSoon { .. }
        | Fault::Locked
        | Fault::NotFound
        | Fault::Fields { .. }
        | Fault::NotAllowed
        | Fault::StorageFull
        | Fault::Cancelled
        | Fault::AnotherTab
        | Fault::BadPairingCode
        | Fault::Offline => t(fault_key(fault)),
    }
}

/// The Fluent key of a fault.
pub fn fault_key(fault: &Fault) -> &'static str {
    match fault {
        Fault::WrongPassphrase { .. } => "fault-wrong-passphrase",
        Fault::TooSoon { .. } => "fault-too-soon",
        Fault::Locked => "fault-locked",
        Fault::NotFound => "fault-not-found",
        Fault::Fields { .. } => "fault-fields",
        Fault::NotAllowed => "fault-not-allowed",
        Fault::StorageFull => "fault-storage-full",
        Fault::Storage { .. } => "fault-storage",
        Fault::Damaged { .. } => "fault-damaged",
        Fault::Cancelled => "fault-cancelled",
        Fault::AnotherTab => "fault-another-tab",
        Fault::BadPairingCode => "fault-bad-pairing-code",
        Fault::Offline => "fault-offline",
        Fault::Refused { .. } => "fault-refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_sentence_of_its_own() {
        let detail = || "x".to_owned();
        let all = [
            Fault::WrongPassphrase { retry_at: 0 },
            Fault::TooSoon { retry_at: 0 },
            Fault::Locked,
            Fault::NotFound,
            Fault::Fields { problems: vec![] },
            Fault::NotAllowed,
            Fault::StorageFull,
            Fault::Storage { detail: detail() },
            Fault::Damaged { detail: detail() },
            Fault::Cancelled,
            Fault::AnotherTab,
            Fault::BadPairingCode,
            Fault::Offline,
            Fault::Refused { detail: detail() },
        ];
        for fault in all {
            assert!(knows(fault_key(&fault)), "{} is not written", fault_key(&fault));
            assert_ne!(fault_text(&fault), fault_key(&fault));
        }
    }
}
