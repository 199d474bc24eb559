//! One signature for many headers: a Merkle tree as in RFC 9162 §2.1, its root signed once, a path beside each header.
//! A header with its path stands alone: whoever holds one of a batch needs none of the others.

use std::collections::BTreeSet;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::crypto::sign::BadSignature;
use crate::crypto::{Domain, Signature, SigningPair, VerifyKey};

use super::header::SignedHeader;

/// Headers under one signature; a path is then at most six hashes.
pub const BATCH_MAX: usize = 64;
/// Verified roots that are remembered; beyond that, they are verified again.
const ROOTS_MAX: usize = 1024;

type Node = [u8; 32];

/// Where a header stands in its batch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Proof {
    #[n(0)]
    pub index: u8,
    /// Headers in the batch.
    #[n(1)]
    pub count: u8,
    /// The hashes beside the way from the leaf to the root.
    #[n(2)]
    pub path: Vec<ByteArray<32>>,
}

/// Signs headers of one commit, in their order. A single one is signed as it is.
pub fn sign_batch(pair: &SigningPair, headers: Vec<Vec<u8>>) -> Vec<SignedHeader> {
    let mut signed = Vec::with_capacity(headers.len());
    let mut headers = headers.into_iter();
    loop {
        let batch: Vec<Vec<u8>> = headers.by_ref().take(BATCH_MAX).collect();
        match batch.len() {
            0 => return signed,
            1 => signed.extend(batch.into_iter().map(|bytes| {
                let signature = pair.sign(Domain::BundleHeader, &bytes).0.into();
                SignedHeader { bytes: bytes.into(), signature, proof: None }
            })),
            count => {
                let levels = levels(batch.iter().map(|bytes| leaf(bytes)).collect());
                let root = levels.last().and_then(|level| level.first()).copied().unwrap_or_default();
                let signature = pair.sign(Domain::BundleBatch, &message(count as u8, &root));
                signed.extend(batch.into_iter().enumerate().map(|(index, bytes)| {
                    let proof = Proof { index: index as u8, count: count as u8, path: path(&levels, index) };
                    SignedHeader { bytes: bytes.into(), signature: signature.0.into(), proof: Some(proof) }
                }));
            }
        }
    }
}

impl Proof {
    pub(super) fn verify(
        &self,
        bytes: &[u8],
        key: &VerifyKey,
        signature: &Signature,
        roots: &mut VerifiedRoots,
    ) -> Result<(), BadSignature> {
        let root = self.root(leaf(bytes)).ok_or(BadSignature)?;
        let known = (key.0, self.count, root, signature.0);
        if roots.0.contains(&known) {
            return Ok(());
        }
        key.verify(Domain::BundleBatch, &message(self.count, &root), signature)?;
        if roots.0.len() >= ROOTS_MAX {
            roots.0.clear();
        }
        roots.0.insert(known);
        Ok(())
    }

    /// The root that leaf and path lead to (RFC 9162 §2.1.3.2); `None` if the path is not of this place's length.
    fn root(&self, leaf: Node) -> Option<Node> {
        if self.index >= self.count || self.count as usize > BATCH_MAX {
            return None;
        }
        let (mut at, mut last) = (self.index, self.count - 1);
        let mut node = leaf;
        for beside in &self.path {
            if last == 0 {
                return None;
            }
            if at & 1 == 1 || at == last {
                node = parent(beside.as_slice(), &node);
                while at & 1 == 0 && at != 0 {
                    at >>= 1;
                    last >>= 1;
                }
            } else {
                node = parent(&node, beside.as_slice());
            }
            at >>= 1;
            last >>= 1;
        }
        (last == 0).then_some(node)
    }
}

/// Batches whose signature was verified: key, count, root and signature together.
#[derive(Debug, Default)]
pub struct VerifiedRoots(BTreeSet<([u8; 32], u8, Node, [u8; 64])>);

fn leaf(bytes: &[u8]) -> Node {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

fn parent(left: &[u8], right: &[u8]) -> Node {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

fn message(count: u8, root: &Node) -> Vec<u8> {
    [&[count], root.as_slice()].concat()
}

/// All levels of the tree, leaves first. A last node without a neighbour rises as it is, which gives the same tree as
/// splitting at the greatest power of two.
fn levels(leaves: Vec<Node>) -> Vec<Vec<Node>> {
    let mut levels = vec![leaves];
    while let Some(below) = levels.last().filter(|level| level.len() > 1) {
        let above = below.chunks(2).map(|pair| match pair {
            [left, right] => parent(left, right),
            [one, ..] => *one,
            [] => Node::default(),
        });
        let above = above.collect();
        levels.push(above);
    }
    levels
}

/// The nodes beside the way from a leaf to the root, from below.
fn path(levels: &[Vec<Node>], index: usize) -> Vec<ByteArray<32>> {
    let beside = levels.iter().enumerate().filter_map(|(height, level)| level.get((index >> height) ^ 1));
    beside.map(|node| ByteArray::from(*node)).collect()
}

#[cfg(test)]
mod tests;
