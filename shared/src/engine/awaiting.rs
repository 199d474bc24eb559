//! Stands in for modules that land within the hour (diagnosis list, demo clinic, validation, pairing); goes as they come.
#![allow(missing_debug_implementations, dead_code)]

use zeroize::Zeroizing;

use crate::base::Timestamp;
use crate::clinic::diagnosis::CodeHit;
use crate::fhir::issue::Issue;
use crate::fhir::resource::Resource;
use crate::sync::{JoinRequest, PairCommand, PairFault, PairInput};

type Fill<'a> = &'a mut dyn FnMut(&mut [u8]);

pub struct CodeIndex;
impl CodeIndex {
    pub fn load(_: &str) -> CodeIndex {
        CodeIndex
    }
    pub fn search(&self, _: &str, _: usize) -> Vec<CodeHit> {
        vec![]
    }
}

pub struct DemoContext {
    pub now: Timestamp,
    pub offset_minutes: i32,
    pub author: String,
    pub author_name: String,
    pub mrn_system: String,
}
pub fn demo(_: &DemoContext) -> Vec<Vec<Resource>> {
    vec![]
}

pub fn validate(_: &Resource, _: &str) -> Vec<Issue> {
    vec![]
}

pub struct Inviter;
pub struct Joiner;
impl Inviter {
    pub fn new(_: Zeroizing<[u8; 32]>, _: String, _: Timestamp, _: Fill<'_>) -> (Inviter, Vec<PairCommand>) {
        (Inviter, vec![])
    }
    pub fn handle(&mut self, _: PairInput, _: Timestamp, _: Fill<'_>) -> Vec<PairCommand> {
        vec![]
    }
}
impl Joiner {
    pub fn new(
        _: &str,
        _: Zeroizing<[u8; 32]>,
        _: JoinRequest,
        _: String,
        _: Timestamp,
        _: Fill<'_>,
    ) -> Result<(Joiner, Vec<PairCommand>), PairFault> {
        Err(PairFault::NotACode)
    }
    pub fn handle(&mut self, _: PairInput, _: Timestamp, _: Fill<'_>) -> Vec<PairCommand> {
        vec![]
    }
}
