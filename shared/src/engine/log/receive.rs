//! What a peer sent: signature → chain → certificate → the seal → what every device demands → one commit.
//! What its author signed but nobody can use waits in quarantine, and the author's chain goes on; what only the peer
//! that carried it can answer for moves nothing, so that another peer may still bring it whole.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures::future::join_all;
use minicbor::bytes::ByteVec;

use crate::base::{DeviceId, Hash, PatientId, Timestamp};
use crate::crypto::Compartment;
use crate::crypto::bulk::derive_bundle_seal;
use crate::crypto::control::Why;
use crate::crypto::ledger::LedgerEntry;
use crate::crypto::store_keys::derive_pseudonym;
use crate::port::{BulkAead, Port, Space, Store, Write};
use crate::record::accept::acceptable;
use crate::record::bundle::{Body, BundleFault, VerifiedRoots, body_hash, to_cbor};
use crate::record::{Header, Packet};
use crate::sync::{Advance, Head};

use super::chain::Link;
use super::commit::Commit;
use super::segment::Bundle;
use super::{Engine, Opened, compartment_of};
use crate::engine::api::{Event, Fault};
use crate::engine::open::{HeldKey, Open};

/// Beyond this many, what nobody vouches for is counted but no longer kept: it could fill the disk.
const UNVOUCHED_MAX: u32 = 1000;

/// A packet whose signature verified and that follows its author's last one.
struct Candidate {
    bytes: Vec<u8>,
    packet: Packet,
    header: Header,
}

/// What is to be done with a candidate.
enum Verdict {
    /// With the key that has proven itself by opening the body.
    Accept(Box<Opened>, HeldKey),
    /// Its author signed this, and it is of no use here: kept whole, and the chain goes on.
    Keep(String),
    /// It may be the carrier's fault: nothing moves.
    Refuse(&'static str),
}

/// How a packet's header stands to what is known.
enum Standing {
    Follows,
    /// Here already, our own, or not to be judged yet. Not worth a word.
    Skip,
    Refused(&'static str),
    /// Signed, and in place of something else: its author has two histories.
    Forked,
}

impl<P: Port> Engine<P> {
    /// Verifies, merges and commits bundles that a peer sent.
    pub(in crate::engine) async fn receive(&self, open: &Rc<Open>, packets: Vec<Vec<u8>>) -> Result<Advance, Fault> {
        let _turn = self.writer.lock().await;
        let now = self.port.clock().now();
        let mut chains: BTreeMap<DeviceId, Head> = BTreeMap::new();
        let mut stopped: BTreeSet<DeviceId> = BTreeSet::new();
        let mut forked: BTreeSet<DeviceId> = BTreeSet::new();
        let mut writes = Vec::new();
        let mut refused: Vec<(Vec<u8>, &'static str)> = Vec::new();
        let mut candidates = Vec::new();
        let mut roots = VerifiedRoots::default();
        for bytes in packets {
            let read = Packet::decode(&bytes).and_then(|packet| packet.signed.header().map(|header| (packet, header)));
            let (packet, header) = match read {
                Ok(read) => read,
                // Written by a newer app: it will be asked for again, and read once this one is newer too.
                Err(BundleFault::UnknownVersion) => continue,
                Err(BundleFault::Malformed | BundleFault::TooLarge) => {
                    refused.push((bytes, "not a bundle"));
                    continue;
                }
            };
            if stopped.contains(&header.author) {
                continue;
            }
            let at = chains.get(&header.author).copied().unwrap_or_else(|| open.head(header.author));
            match self.standing(open, &packet, &header, &at, &mut roots) {
                Standing::Follows => {
                    let head = Head { author: header.author, seq: header.last_seq(), hash: packet.signed.hash() };
                    chains.insert(header.author, head);
                    candidates.push(Candidate { bytes, packet, header });
                }
                Standing::Skip => {}
                Standing::Refused(why) => {
                    stopped.insert(header.author);
                    refused.push((bytes, why));
                }
                Standing::Forked => {
                    stopped.insert(header.author);
                    forked.insert(header.author);
                    refused.push((bytes, "the bundle does not follow the last one of its author"));
                }
            }
        }
        let verdicts = join_all(candidates.iter().map(|candidate| self.judge(open, candidate))).await;

        let mut heads: BTreeMap<DeviceId, Head> = BTreeMap::new();
        let mut commit = Commit::default();
        let mut bundles = Vec::with_capacity(candidates.len());
        let mut links = Vec::new();
        let mut kept = 0u32;
        // Those that were judged on the strength of one that now proves unusable wait with it.
        let mut held_back: BTreeSet<DeviceId> = BTreeSet::new();
        for (Candidate { bytes, packet, header }, verdict) in candidates.into_iter().zip(verdicts) {
            if held_back.contains(&header.author) {
                continue;
            }
            let head = Head { author: header.author, seq: header.last_seq(), hash: packet.signed.hash() };
            match verdict? {
                Verdict::Accept(bundle, key) => {
                    heads.insert(header.author, head);
                    if open.quarantined.get() > 0 {
                        writes.push(Write::delete(Space::Quarantine, quarantine_key(&bytes)));
                    }
                    bundles.push(Bundle::from_packet(packet, header.clone(), &key));
                    commit.keys.push((header.patient, key));
                    commit.opened.push(*bundle);
                }
                Verdict::Keep(why) => {
                    heads.insert(header.author, head);
                    let row = quarantine_key(&bytes);
                    links.push((header.author, Link::new(header.last_seq(), row)));
                    kept += self.quarantine(open, &bytes, &why, &mut writes).await?;
                }
                Verdict::Refuse(why) => {
                    held_back.insert(header.author);
                    refused.push((bytes, why));
                }
            }
        }
        for (bytes, why) in refused {
            if open.quarantined.get().saturating_add(kept) < UNVOUCHED_MAX {
                kept += self.quarantine(open, &bytes, why, &mut writes).await?;
            }
        }
        writes.extend(self.bundle_writes(open, bundles, links, None).await?);
        let heads: Vec<Head> = heads.into_values().collect();
        let advance = Advance { heads: heads.clone(), control: vec![], forked: forked.into_iter().collect() };
        if writes.is_empty() {
            return Ok(advance);
        }
        let patients = self.commit(open, Commit { heads, writes, ..commit }, now).await?;
        open.suspects.borrow_mut().extend(advance.forked.iter().copied());
        if kept > 0 || open.quarantined.get() > 0 {
            open.quarantined.set(self.port.store().count(Space::Quarantine).await? as u32);
        }
        if !patients.is_empty() {
            self.emit(&Event::Changed { patients: patients.iter().map(PatientId::hex).collect(), remote: true });
        }
        Ok(advance)
    }

    /// The signature, who stands behind it, and whether it follows what is here. Reads nothing from the disk.
    fn standing(
        &self,
        open: &Open,
        packet: &Packet,
        header: &Header,
        at: &Head,
        roots: &mut VerifiedRoots,
    ) -> Standing {
        if header.author == open.device || header.last_seq() <= at.seq {
            return Standing::Skip;
        }
        // A gap: what lies between will be asked for first.
        if header.first_seq > at.seq + 1 {
            return Standing::Skip;
        }
        let authority = match open.control.borrow().verify_chain(&header.control_head) {
            Ok(authority) => authority,
            // Certificates come before what cites them; when one is late, so is this.
            Err(Why::Unknown | Why::Incomplete) => return Standing::Skip,
            Err(Why::NotASession) => return Standing::Refused("it is not signed by a session"),
            Err(Why::Revoked) => return Standing::Refused("the person or the device had been revoked"),
        };
        let genuine = header.is_of(&authority.device)
            && body_hash(&packet.body) == header.body_hash
            && packet.signed.verify(&authority.session_key, roots).is_ok();
        if !genuine {
            return Standing::Refused("the signature does not verify");
        }
        if header.first_seq != at.seq + 1 || header.prev != at.hash { Standing::Forked } else { Standing::Follows }
    }

    /// Opens a candidate and holds it against what every device demands. `Err` only when the store fails.
    async fn judge(&self, open: &Open, candidate: &Candidate) -> Result<Verdict, Fault> {
        let Candidate { packet, header, .. } = candidate;
        let Some(compartment) = Compartment::from_code(header.compartment) else {
            return Ok(Verdict::Keep("an unknown compartment".into()));
        };
        if open.bundle.compartment_key(compartment, header.epoch).is_none() {
            return Ok(Verdict::Keep("this device does not hold the compartment's key".into()));
        }
        let known = self.patient_keys(open, &header.patient).await?;
        let known = known.into_iter().find(|k| k.opens(header));
        let Some(held) = known.or_else(|| self.key_beside(open, &packet.ledger, header)) else {
            return Ok(Verdict::Refuse("the patient's key beside it does not open"));
        };
        let seal =
            derive_bundle_seal(open.clinic, compartment, header.epoch, header.patient, &held.key, &header.bundle);
        let Ok(plain) = self.port.aead().open(seal.key.as_bytes(), &seal.nonce, &seal.aad, &packet.body).await else {
            return Ok(Verdict::Refuse("the patient's key beside it does not open it"));
        };
        // From here on the author's own signature stands for whatever is wrong.
        let body = match Body::unpack(&plain) {
            Ok(body) => body,
            Err(fault) => return Ok(Verdict::Keep(fault.to_string())),
        };
        let bundle = Opened { header: header.clone(), changes: body.changes };
        Ok(match admissible(open, &bundle) {
            Ok(()) => Verdict::Accept(Box::new(bundle), held),
            Err(why) => Verdict::Keep(why),
        })
    }

    /// The key that travels beside a bundle, if it is the one that the signed header names.
    fn key_beside(&self, open: &Open, ledger: &[u8], header: &Header) -> Option<HeldKey> {
        let entry = LedgerEntry::parse(ledger).ok()?;
        if entry.patient != header.patient {
            return None;
        }
        self.unwrap_ledger(open, ledger).filter(|held| held.opens(header))
    }

    /// Puts it where it is seen and not used; 1 if it was not there before.
    async fn quarantine(&self, open: &Open, bytes: &[u8], why: &str, writes: &mut Vec<Write>) -> Result<u32, Fault> {
        let key = quarantine_key(bytes);
        if self.port.store().get(Space::Quarantine, &key).await?.is_some() {
            return Ok(0);
        }
        let plain = to_cbor(&(why, ByteVec::from(bytes.to_vec())));
        let sealed = self.seal_row(open, &open.keys.config, Space::Quarantine, &key, &plain)?;
        writes.push(Write::put(Space::Quarantine, key, sealed));
        Ok(1)
    }

    /// A quarantined packet, byte for byte as it came.
    pub(super) fn open_quarantined(&self, open: &Open, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Fault> {
        let plain = self.open_row(open, &open.keys.config, Space::Quarantine, key, sealed)?;
        let (_, bytes): (String, ByteVec) = minicbor::decode(&plain).map_err(|_| Fault::damaged("the quarantine"))?;
        Ok(bytes.into())
    }

    /// After unlocking: a newer app or a new key may read what had to wait; what has since come whole is let go.
    pub(in crate::engine) async fn review_quarantine(&self, open: &Rc<Open>) -> Result<(), Fault> {
        if open.quarantined.get() == 0 {
            return Ok(());
        }
        let _turn = self.writer.lock().await;
        for row in self.port.store().range(Space::Quarantine, &[], None, None).await? {
            let bytes = self.open_quarantined(open, &row.key, &row.value)?;
            let Ok(packet) = Packet::decode(&bytes) else { continue };
            let Ok(header) = packet.signed.header() else { continue };
            let Some((_, link)) = self.link(open, &header.author, header.last_seq()).await? else { continue };
            let mut writes = vec![Write::delete(Space::Quarantine, row.key.clone())];
            let now: Timestamp = self.now();
            if link.row() != row.key {
                if self.leads_to(open, &link, &packet, &header).await? {
                    self.commit(open, Commit { writes, ..Commit::default() }, now).await?;
                }
                continue;
            }
            let candidate = Candidate { bytes, packet, header };
            if let Verdict::Accept(bundle, key) = self.judge(open, &candidate).await? {
                let Candidate { packet, header, .. } = candidate;
                let segment = open.segment_key(&header.patient, None, &mut self.fill());
                let moved = ((header.author, link.seq), row.key.clone(), segment.clone());
                writes.extend(self.relink(open, vec![moved]).await?);
                let keys = vec![(header.patient, key.clone())];
                writes.push(self.segment_write(open, segment, vec![Bundle::from_packet(packet, header, &key)])?);
                self.commit(open, Commit { opened: vec![*bundle], keys, writes, ..Commit::default() }, now).await?;
            }
        }
        open.quarantined.set(self.port.store().count(Space::Quarantine).await? as u32);
        Ok(())
    }

    /// Whether this very bundle stands where the link leads.
    async fn leads_to(&self, open: &Open, link: &Link, packet: &Packet, header: &Header) -> Result<bool, Fault> {
        let Some(value) = self.port.store().get(Space::Log, link.row()).await? else { return Ok(false) };
        let segment = self.open_segment(open, link.row(), value)?;
        let stands = segment.find(&header.author, link.seq);
        Ok(stands.is_some_and(|bundle| bundle.signed.hash() == packet.signed.hash()))
    }
}

impl Bundle {
    fn from_packet(packet: Packet, header: Header, key: &HeldKey) -> Bundle {
        Bundle { header, signed: packet.signed, body: packet.body.into(), ledger: key.ledger.clone() }
    }
}

impl HeldKey {
    /// Whether this is the key that a header names. A key of one compartment seals nothing of another.
    pub fn opens(&self, header: &Header) -> bool {
        self.key.id == header.key_id && self.epoch == header.epoch && self.compartment.code() == header.compartment
    }
}

impl Open {
    fn head(&self, author: DeviceId) -> Head {
        self.heads.borrow().get(&author).copied().unwrap_or(Head { author, seq: 0, hash: Hash::ZERO })
    }
}

fn quarantine_key(bytes: &[u8]) -> Vec<u8> {
    body_hash(bytes).0.iter().take(16).copied().collect()
}

/// What every device checks of a bundle that opened.
fn admissible(open: &Open, bundle: &Opened) -> Result<(), String> {
    let header = &bundle.header;
    if bundle.changes.len() != header.count as usize {
        return Err("the body does not match its header".into());
    }
    if bundle.changes.iter().map(|c| c.hlc).max() != Some(header.hlc) {
        return Err("the body's clock does not match its header's".into());
    }
    for (change, seq) in bundle.changes.iter().zip(header.first_seq..) {
        acceptable(change, &header.author, seq).map_err(|why| why.to_string())?;
        let resource = &change.resource;
        if compartment_of(&resource.resource_type, &header.patient).code() != header.compartment {
            return Err("a resource stands in the wrong compartment".into());
        }
        if resource.resource_type == "Patient"
            && derive_pseudonym(&open.bundle.pseudonym_key, &resource.id) != header.patient
        {
            return Err("a patient stands in another's record".into());
        }
    }
    Ok(())
}
