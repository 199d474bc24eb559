//! Pairing a new device: the owner's side makes the certificates and the grant, the new side founds its vault from it.

use std::rc::Rc;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::base::{ClinicId, Hash};
use crate::crypto::bundle::StaffBundle;
use crate::crypto::cert;
use crate::crypto::ledger::CompartmentKey;
use crate::crypto::{Body, Certificate, Compartment, Key32, VerifyKey};
use crate::port::{NetIn, NetOut, Port};
use crate::record::bundle::to_cbor;
use crate::sync::pairing::{Inviter, Joiner};
use crate::sync::{JoinRequest, PairCommand, PairFault, PairInput};

use super::Engine;
use super::api::{AppStatus, Event, Fault, JoinClinic, PairingEvent, PairingInvite, Role, Secret, Session};
use super::audit::{Act, Action};
use super::net::PAIR_SOCKET;
use super::open::Open;
use super::vault::{Founding, name_problem, passphrase_problem};

/// A pairing under way on this device.
pub(super) enum Pairing {
    Inviting { machine: Inviter, asked: Option<JoinRequest>, invite: Option<PairingInvite> },
    Joining { machine: Joiner, joiner: Box<NewDevice>, session: Option<Session> },
}

pub(super) struct NewDevice {
    bundle: StaffBundle,
    device_name: String,
    staff_name: String,
    passphrase: Secret,
}

/// What the owner hands over, inside the Noise channel only.
#[derive(Encode, Decode)]
pub(super) struct Grant {
    #[n(0)]
    pub version: u8,
    #[n(1)]
    pub clinic: ClinicId,
    #[n(2)]
    pub clinic_name: String,
    #[n(3)]
    pub demo: bool,
    #[n(4)]
    pub role: u8,
    #[n(5)]
    pub anchor: Hash,
    #[n(6)]
    pub staff_cert: Hash,
    #[n(7)]
    pub device_cert: Hash,
    #[n(8)]
    pub certificates: Vec<ByteVec>,
    #[n(9)]
    pub network_key: ByteVec,
    #[n(10)]
    pub pseudonym_key: ByteVec,
    #[n(11)]
    pub compartments: Vec<GrantedKey>,
}

#[derive(Encode, Decode)]
pub(super) struct GrantedKey {
    #[n(0)]
    pub compartment: u8,
    #[n(1)]
    pub epoch: u32,
    #[n(2)]
    pub key: ByteVec,
}

impl<P: Port> Engine<P> {
    /// The relay's host as the browser sees it; admission to a room is bound to it.
    pub(super) fn host(&self) -> String {
        let origin = self.port.origin();
        origin.split_once("://").map_or(origin.clone(), |(_, host)| host.to_owned())
    }

    pub(super) async fn start_pairing(&self, open: &Rc<Open>) -> Result<PairingInvite, Fault> {
        if open.staff.role != Role::Owner {
            return Err(Fault::NotAllowed);
        }
        self.cancel_pairing().await;
        let (machine, commands) = {
            let mut fill = self.fill();
            let noise = Zeroizing::new(*open.bundle.device_agreement.as_bytes());
            Inviter::new(noise, self.host(), self.now(), &mut fill)
        };
        *self.pairing.borrow_mut() = Some(Pairing::Inviting { machine, asked: None, invite: None });
        self.obey_pairing(commands).await;
        // The relay has to be reached before there is a code to show; give it a moment.
        for _ in 0..100 {
            match &*self.pairing.borrow() {
                Some(Pairing::Inviting { invite: Some(invite), .. }) => return Ok(invite.clone()),
                Some(Pairing::Inviting { invite: None, .. }) => {}
                Some(Pairing::Joining { .. }) | None => return Err(Fault::Offline),
            }
            self.port.sleep(100).await;
        }
        self.cancel_pairing().await;
        Err(Fault::Offline)
    }

    pub(super) async fn cancel_pairing(&self) {
        if self.pairing.borrow().is_some() {
            self.pair_input(PairInput::Cancel).await;
            *self.pairing.borrow_mut() = None;
            self.net.borrow_mut().pair_wake = None;
        }
    }

    pub(super) async fn answer_pairing(&self, open: &Rc<Open>, accept: bool, role: Role) -> Result<(), Fault> {
        // Taken out: one request is answered once.
        let request = match &mut *self.pairing.borrow_mut() {
            Some(Pairing::Inviting { asked, .. }) => asked.take().ok_or(Fault::BadPairingCode)?,
            Some(Pairing::Joining { .. }) | None => return Err(Fault::BadPairingCode),
        };
        if !accept {
            self.pair_input(PairInput::Reject).await;
            return Ok(());
        }
        let grant = self.admit(open, &request, role).await?;
        self.pair_input(PairInput::Approve { grant: Zeroizing::new(to_cbor(&grant)) }).await;
        Ok(())
    }

    /// Certifies the person and the device, and gathers what they need. Committed before any key leaves.
    async fn admit(&self, open: &Rc<Open>, request: &JoinRequest, role: Role) -> Result<Grant, Fault> {
        let now = self.now();
        let signer = open.bundle.staff_pair();
        let staff = cert::Staff {
            key: VerifyKey(request.staff_public),
            name: request.staff_name.trim().to_owned(),
            title: String::new(),
            role: role.code(),
            issued: now,
        };
        let staff = Certificate::issue(open.staff_cert, &signer, Body::Staff(staff))?;
        let device = cert::Device {
            key: VerifyKey(request.device_public),
            agreement: request.noise_public,
            name: request.device_name.trim().to_owned(),
            issued: now,
        };
        let device = Certificate::issue(open.staff_cert, &signer, Body::Device(device))?;
        {
            let mut trial = open.control.borrow().clone();
            trial.add(staff.clone())?;
            trial.add(device.clone())?;
        }
        let writes = vec![self.certificate_write(open, &staff)?, self.certificate_write(open, &device)?];
        let practitioner = self.practitioner(open, &VerifyKey(request.staff_public).staff_id(), &request.staff_name);
        self.write(open, vec![practitioner], vec![Act::new(Action::PairedDevice)], writes).await?;
        {
            let mut control = open.control.borrow_mut();
            control.add(staff.clone())?;
            control.add(device.clone())?;
        }
        self.company_changed(open, vec![staff.hash(), device.hash()]);
        let control = open.control.borrow();
        Ok(Grant {
            version: 1,
            clinic: open.clinic,
            clinic_name: open.clinic_name.clone(),
            demo: open.demo,
            role: role.code().0,
            anchor: control.anchor(),
            staff_cert: staff.hash(),
            device_cert: device.hash(),
            certificates: control.certificates().map(|c| c.bytes().to_vec().into()).collect(),
            network_key: open.bundle.network_key.as_bytes().to_vec().into(),
            pseudonym_key: open.bundle.pseudonym_key.as_bytes().to_vec().into(),
            compartments: open
                .bundle
                .compartments
                .iter()
                .map(|k| GrantedKey {
                    compartment: k.compartment.code(),
                    epoch: k.epoch,
                    key: k.key.as_bytes().to_vec().into(),
                })
                .collect(),
        })
    }

    pub(super) async fn join_clinic(&self, command: JoinClinic) -> Result<(), Fault> {
        let mut problems = Vec::new();
        problems.extend(name_problem("device_name", &command.device_name));
        problems.extend(name_problem("staff_name", &command.staff_name));
        problems.extend(passphrase_problem(&command.passphrase));
        if !problems.is_empty() {
            return Err(Fault::Fields { problems });
        }
        if !matches!(self.lock_view().await?, AppStatus::Fresh) {
            return Err(Fault::Refused { detail: "this device already holds a clinic".into() });
        }
        self.cancel_pairing().await;
        let (machine, commands, bundle) = {
            let mut fill = self.fill();
            let mut bundle = StaffBundle::make(&mut fill);
            // This device is not the clinic's root.
            bundle.clinic_root = None;
            let request = JoinRequest {
                device_name: command.device_name.trim().to_owned(),
                staff_name: command.staff_name.trim().to_owned(),
                staff_public: bundle.staff_pair().public().0,
                device_public: bundle.device_pair().public().0,
                noise_public: bundle.device_agreement_public(),
            };
            let noise = Zeroizing::new(*bundle.device_agreement.as_bytes());
            let (machine, commands) = Joiner::new(&command.code.0, noise, request, self.host(), self.now(), &mut fill)
                .map_err(|_| Fault::BadPairingCode)?;
            (machine, commands, bundle)
        };
        let joiner = Box::new(NewDevice {
            bundle,
            device_name: command.device_name,
            staff_name: command.staff_name,
            passphrase: command.passphrase,
        });
        *self.pairing.borrow_mut() = Some(Pairing::Joining { machine, joiner, session: None });
        self.obey_pairing(commands).await;
        Ok(())
    }

    /// Founds this device's vault from what the owner granted, and opens it.
    async fn accept_grant(&self, bytes: &[u8]) -> Result<Session, Fault> {
        let grant: Grant = minicbor::decode(bytes).map_err(|_| Fault::BadPairingCode)?;
        if grant.version != 1 {
            return Err(Fault::Refused { detail: "the other device runs a newer version of the app".into() });
        }
        let (mut bundle, device_name, staff_name, passphrase) = match &*self.pairing.borrow() {
            Some(Pairing::Joining { joiner, .. }) => (
                joiner.bundle.clone(),
                joiner.device_name.clone(),
                joiner.staff_name.clone(),
                joiner.passphrase.clone(),
            ),
            _ => return Err(Fault::BadPairingCode),
        };
        let key = |bytes: &ByteVec| Key32::from_slice(bytes).ok_or(Fault::BadPairingCode);
        bundle.network_key = key(&grant.network_key)?;
        bundle.pseudonym_key = key(&grant.pseudonym_key)?;
        bundle.compartments = grant
            .compartments
            .iter()
            .map(|granted| {
                let compartment = Compartment::from_code(granted.compartment).ok_or(Fault::BadPairingCode)?;
                Ok(CompartmentKey { compartment, epoch: granted.epoch, key: key(&granted.key)? })
            })
            .collect::<Result<_, Fault>>()?;
        let founding = Founding {
            clinic: grant.clinic,
            clinic_name: grant.clinic_name,
            demo: grant.demo,
            device_name: device_name.trim().to_owned(),
            staff_name: staff_name.trim().to_owned(),
            role: Role::from_code(grant.role),
            bundle,
            certificates: grant.certificates.iter().map(|c| c.to_vec()).collect(),
            anchor: grant.anchor,
            device_cert: grant.device_cert,
            staff_cert: grant.staff_cert,
            action: Action::JoinedClinic,
        };
        self.establish(founding, &passphrase).await
    }

    pub(super) async fn pair_net(&self, input: NetIn) {
        let input = match input {
            NetIn::RelayOpened { socket: PAIR_SOCKET } => PairInput::RelayOpened,
            NetIn::RelayMessage { socket: PAIR_SOCKET, bytes } => PairInput::RelayMessage(bytes),
            NetIn::RelayClosed { socket: PAIR_SOCKET, code } => PairInput::RelayClosed { code },
            _ => return,
        };
        self.pair_input(input).await;
    }

    pub(super) async fn pair_tick(&self) {
        if self.pairing.borrow().is_some() {
            self.pair_input(PairInput::Tick).await;
        }
    }

    async fn pair_input(&self, input: PairInput) {
        let commands = {
            let now = self.now();
            let mut fill = self.fill();
            match self.pairing.borrow_mut().as_mut() {
                Some(Pairing::Inviting { machine, .. }) => machine.handle(input, now, &mut fill),
                Some(Pairing::Joining { machine, .. }) => machine.handle(input, now, &mut fill),
                None => return,
            }
        };
        Box::pin(self.obey_pairing(commands)).await;
    }

    async fn obey_pairing(&self, commands: Vec<PairCommand>) {
        for command in commands {
            match command {
                PairCommand::RelayConnect { path } => self.port.net(NetOut::RelayOpen { socket: PAIR_SOCKET, path }),
                PairCommand::RelaySend(bytes) => self.port.net(NetOut::RelaySend { socket: PAIR_SOCKET, bytes }),
                PairCommand::RelayClose => self.port.net(NetOut::RelayClose { socket: PAIR_SOCKET }),
                PairCommand::Ready(invitation) => {
                    let url = format!("{}/#{}", self.port.origin(), invitation.fragment);
                    let view = PairingInvite {
                        qr: qr(&url),
                        url_fragment: invitation.fragment.clone(),
                        digits: invitation.digits.clone(),
                        expires: invitation.expires.0,
                    };
                    if let Some(Pairing::Inviting { invite, .. }) = self.pairing.borrow_mut().as_mut() {
                        *invite = Some(view);
                    }
                }
                PairCommand::Verify { verifier } => {
                    let (device_name, staff_name) = match &*self.pairing.borrow() {
                        Some(Pairing::Joining { joiner, .. }) => {
                            (joiner.device_name.clone(), joiner.staff_name.clone())
                        }
                        _ => Default::default(),
                    };
                    self.emit(&Event::Pairing(PairingEvent::Verify { digits: verifier, device_name, staff_name }));
                }
                PairCommand::Asked { verifier, request } => {
                    self.emit(&Event::Pairing(PairingEvent::Asked {
                        digits: verifier,
                        device_name: request.device_name.clone(),
                        staff_name: request.staff_name.clone(),
                    }));
                    if let Some(Pairing::Inviting { asked, .. }) = self.pairing.borrow_mut().as_mut() {
                        *asked = Some(request);
                    }
                }
                PairCommand::Granted { grant } => match self.accept_grant(&grant).await {
                    Ok(view) => {
                        if let Some(Pairing::Joining { session, .. }) = self.pairing.borrow_mut().as_mut() {
                            *session = Some(view);
                        }
                        Box::pin(self.pair_input(PairInput::Stored)).await;
                    }
                    Err(fault) => {
                        self.emit(&Event::Pairing(PairingEvent::Failed { fault }));
                        Box::pin(self.pair_input(PairInput::Cancel)).await;
                    }
                },
                PairCommand::Done => {
                    let session = match self.pairing.borrow_mut().take() {
                        Some(Pairing::Joining { session, .. }) => session,
                        Some(Pairing::Inviting { .. }) | None => None,
                    };
                    self.net.borrow_mut().pair_wake = None;
                    self.emit(&Event::Pairing(PairingEvent::Done { session }));
                }
                PairCommand::Failed(why) => {
                    *self.pairing.borrow_mut() = None;
                    self.net.borrow_mut().pair_wake = None;
                    self.emit(&Event::Pairing(PairingEvent::Failed { fault: pair_fault(why) }));
                }
                PairCommand::WakeAt(at) => {
                    self.net.borrow_mut().pair_wake = Some(at);
                    self.set_wake();
                }
            }
        }
    }
}

fn pair_fault(why: PairFault) -> Fault {
    match why {
        PairFault::Offline => Fault::Offline,
        PairFault::Cancelled => Fault::Cancelled,
        PairFault::Rejected => Fault::NotAllowed,
        PairFault::NotACode | PairFault::WrongCode | PairFault::Expired | PairFault::NobodyThere => {
            Fault::BadPairingCode
        }
        PairFault::PeerLeft | PairFault::Broken => Fault::Refused { detail: why.to_string() },
    }
}

/// The modules of a QR code (ISO/IEC 18004), row by row; empty if the text is too long for one.
fn qr(text: &str) -> Vec<Vec<bool>> {
    let Ok(code) = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium) else { return Vec::new() };
    (0..code.size()).map(|y| (0..code.size()).map(|x| code.get_module(x, y)).collect()).collect()
}
