//! The steps of letting a tablet in, seen from the owner's side. Pure.

use lucerna_shared::engine::api::{Fault, PairingEvent, PairingInvite, Role};

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Pairing {
    #[default]
    Closed,
    Opening,
    /// The window is open: QR and digits are shown until they expire.
    Open(PairingInvite),
    /// A device knocks; both sides show the digits.
    Asked(Guest),
    /// The owner said yes; keys are on their way.
    Admitting(Guest),
    Done(String),
    Failed(Fault),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Guest {
    pub digits: String,
    pub device: String,
    pub staff: String,
    pub role: Role,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Started,
    Opened(PairingInvite),
    Heard(PairingEvent),
    RoleChosen(Role),
    Accepted,
    /// Cancelled, refused, or read and put away.
    Closed,
    Failed(Fault),
    /// The window's five minutes are over.
    Expired,
}

impl Pairing {
    pub fn update(self, event: Event) -> Pairing {
        match (self, event) {
            (_, Event::Started) => Pairing::Opening,
            (Pairing::Opening, Event::Opened(invite)) => Pairing::Open(invite),
            (_, Event::Heard(PairingEvent::Asked { digits, device_name, staff_name })) => {
                Pairing::Asked(Guest { digits, device: device_name, staff: staff_name, role: Role::Clinician })
            }
            (Pairing::Asked(guest) | Pairing::Admitting(guest), Event::Heard(PairingEvent::Done { .. })) => {
                Pairing::Done(guest.device)
            }
            (Pairing::Open(_), Event::Heard(PairingEvent::Done { .. })) => Pairing::Done(String::new()),
            (Pairing::Closed, Event::Heard(PairingEvent::Failed { .. })) => Pairing::Closed,
            // What fails after the owner turned away is nobody's concern any more.
            (Pairing::Closed, Event::Failed(_)) => Pairing::Closed,
            (_, Event::Heard(PairingEvent::Failed { fault }) | Event::Failed(fault)) => Pairing::Failed(fault),
            (Pairing::Asked(guest), Event::RoleChosen(role)) => Pairing::Asked(Guest { role, ..guest }),
            (Pairing::Asked(guest), Event::Accepted) => Pairing::Admitting(guest),
            (Pairing::Open(_), Event::Expired) => Pairing::Failed(Fault::BadPairingCode),
            (_, Event::Closed) => Pairing::Closed,
            (
                now,
                Event::Opened(_)
                | Event::Heard(PairingEvent::Verify { .. } | PairingEvent::Done { .. })
                | Event::RoleChosen(_)
                | Event::Accepted
                | Event::Expired,
            ) => now,
        }
    }
}

/// `4:59` until `expires`; `None` once it is over.
pub fn left(expires: i64, now: i64) -> Option<String> {
    let seconds = (expires - now + 999) / 1_000;
    (seconds > 0).then(|| format!("{}:{:02}", seconds / 60, seconds % 60))
}

/// The modules of a QR code as one SVG path, a run of dark ones at a time, with the quiet zone that scanners need.
pub fn qr_path(modules: &[Vec<bool>]) -> String {
    let mut d = String::new();
    for (y, row) in modules.iter().enumerate() {
        let mut x = 0;
        while x < row.len() {
            let run = row[x..].iter().take_while(|dark| **dark).count();
            if run > 0 {
                d.push_str(&format!("M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET));
            }
            x += run.max(1);
        }
    }
    d
}

/// Four modules of white on every side (ISO/IEC 18004).
pub const QUIET: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn invite() -> PairingInvite {
        PairingInvite { url_fragment: String::new(), qr: vec![], digits: "123456789012".into(), expires: 0 }
    }

    fn asked() -> PairingEvent {
        PairingEvent::Asked { digits: "123456".into(), device_name: "Tablet".into(), staff_name: "Ana".into() }
    }

    #[test]
    fn a_device_is_let_in_step_by_step() {
        let pairing =
            Pairing::Closed.update(Event::Started).update(Event::Opened(invite())).update(Event::Heard(asked()));
        let pairing = pairing.update(Event::RoleChosen(Role::Owner)).update(Event::Accepted);
        assert!(matches!(&pairing, Pairing::Admitting(guest) if guest.role == Role::Owner));
        assert_eq!(pairing.update(Event::Heard(PairingEvent::Done { session: None })), Pairing::Done("Tablet".into()));
    }

    #[test]
    fn an_open_window_closes_by_itself_but_not_under_a_guest() {
        let open = Pairing::Opening.update(Event::Opened(invite()));
        assert_eq!(open.clone().update(Event::Expired), Pairing::Failed(Fault::BadPairingCode));
        let with_guest = open.update(Event::Heard(asked()));
        assert_eq!(with_guest.clone().update(Event::Expired), with_guest);
    }

    #[test]
    fn the_countdown_ends_at_nothing() {
        assert_eq!(left(300_000, 0).as_deref(), Some("5:00"));
        assert_eq!(left(1_500, 0).as_deref(), Some("0:02"));
        assert_eq!(left(0, 1), None);
    }

    #[test]
    fn a_qr_code_is_drawn_in_runs() {
        assert_eq!(qr_path(&[vec![true, true, false, true], vec![false; 4]]), "M4 4h2v1h-2zM7 4h1v1h-1z");
    }
}
