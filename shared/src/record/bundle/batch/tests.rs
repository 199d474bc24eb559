//! Batches of every size: each header verifies with its own path and with no other, and the tree is RFC 9162's.

use super::*;
use crate::crypto::Key32;

fn pair(seed: u8) -> SigningPair {
    SigningPair::from_seed(&Key32::from_bytes([seed; 32]))
}

fn headers(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|n| format!("header {n}").into_bytes()).collect()
}

fn verifies(signed: &SignedHeader) -> bool {
    signed.verify(&pair(1).public(), &mut VerifiedRoots::default()).is_ok()
}

/// RFC 9162 §2.1.1, as it is written there.
fn tree_hash(leaves: &[Node]) -> Node {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
            parent(&tree_hash(left), &tree_hash(right))
        }
    }
}

#[test]
fn every_header_of_every_batch_leads_to_the_root() {
    for count in 2..=BATCH_MAX {
        let leaves: Vec<Node> = headers(count).iter().map(|bytes| leaf(bytes)).collect();
        let (levels, root) = (levels(leaves.clone()), tree_hash(&leaves));
        for (index, leaf) in leaves.into_iter().enumerate() {
            let proof = Proof { index: index as u8, count: count as u8, path: path(&levels, index) };
            assert_eq!(proof.root(leaf), Some(root), "{index} of {count}");
            assert!(proof.path.len() <= 6);
        }
    }
}

#[test]
fn a_batch_costs_one_signature_and_more_than_a_batch_costs_two() {
    for (count, signatures) in [(1, 0), (2, 1), (BATCH_MAX, 1), (BATCH_MAX + 1, 1), (BATCH_MAX + 2, 2)] {
        let mut roots = VerifiedRoots::default();
        for (signed, bytes) in sign_batch(&pair(1), headers(count)).iter().zip(headers(count)) {
            assert_eq!(signed.bytes.as_slice(), bytes);
            assert_eq!(signed.verify(&pair(1).public(), &mut roots), Ok(()));
        }
        assert_eq!(roots.0.len(), signatures, "{count}");
    }
    assert_eq!(sign_batch(&pair(1), vec![]), vec![]);
}

#[test]
fn nothing_of_a_signed_header_can_be_altered() {
    let batch = sign_batch(&pair(1), headers(5));
    for (at, signed) in batch.iter().enumerate() {
        let alter = |how: &dyn Fn(&mut SignedHeader, &mut Proof)| {
            let mut altered = signed.clone();
            let mut proof = signed.proof.clone().expect("batched");
            how(&mut altered, &mut proof);
            altered.proof = Some(proof);
            verifies(&altered)
        };
        assert!(alter(&|_, _| {}));
        assert!(!alter(&|s, _| s.bytes[0] ^= 1));
        assert!(!alter(&|s, _| s.signature[0] ^= 1));
        assert!(!alter(&|_, p| p.index = (p.index + 1) % 5));
        assert!(!alter(&|_, p| p.count += 1));
        assert!(!alter(&|_, p| p.count -= 1));
        assert!(!alter(&|_, p| p.path.push([0; 32].into())));
        assert!(!alter(&|_, p| p.path.truncate(p.path.len() - 1)));
        assert!(!alter(&|_, p| p.path[0][0] ^= 1), "{at}");
        assert!(!alter(&|_, p| (p.count, p.index) = (255, 200)));
        let mut bare = signed.clone();
        bare.proof = None;
        assert!(!verifies(&bare), "a batch's signature is none over a header");
    }
}

#[test]
fn a_remembered_root_vouches_only_for_its_own_key_and_signature() {
    let mut roots = VerifiedRoots::default();
    let batch = sign_batch(&pair(1), headers(3));
    assert_eq!(batch[0].verify(&pair(1).public(), &mut roots), Ok(()));
    assert!(batch[1].verify(&pair(2).public(), &mut roots).is_err());
    let mut other = batch[1].clone();
    other.signature[3] ^= 1;
    assert!(other.verify(&pair(1).public(), &mut roots).is_err());
}

#[test]
fn an_inner_node_is_never_taken_for_a_header() {
    let leaves: Vec<Node> = headers(4).iter().map(|bytes| leaf(bytes)).collect();
    let inner = [leaves[0], leaves[1]].concat();
    let batch = sign_batch(&pair(1), headers(4));
    let path = batch[0].proof.as_ref().expect("batched").path[1..].to_vec();
    let forged =
        SignedHeader { bytes: inner.into(), proof: Some(Proof { index: 0, count: 2, path }), ..batch[0].clone() };
    assert!(!verifies(&forged));
}
