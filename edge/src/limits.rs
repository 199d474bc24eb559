//! What a request may look like before anything answers it: method, length, body, and how often one address may open
//! sockets. Best effort and in memory: the limits that matter are the rooms' own, in `wire::limits`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use lucerna_shared::base::Timestamp;
use lucerna_shared::wire::limits::Bucket;
use worker::{Request, Result};

const MAX_URL: usize = 2048;

/// Sockets one address may open at once and per second: a clinic's 64 tablets come from one address after a power cut.
const SOCKETS_BURST: u64 = 192;
const SOCKETS_PER_SECOND: u64 = 8;
/// Addresses remembered; beyond that all are forgotten at once, which costs an attacker more than it costs us.
const MAX_ADDRESSES: usize = 4096;

thread_local! {
    static SOCKETS: RefCell<BTreeMap<String, Bucket>> = const { RefCell::new(BTreeMap::new()) };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Refuse(u16, &'static str),
}

pub fn request(request: &Request) -> Result<Verdict> {
    // Read from the request itself: the crate's `Method` folds names it does not know into one it does.
    if !matches!(request.inner().method().as_str(), "GET" | "HEAD") {
        return Ok(Verdict::Refuse(405, "only GET and HEAD"));
    }
    if request.inner().url().len() > MAX_URL {
        return Ok(Verdict::Refuse(414, "the address is too long"));
    }
    let headers = request.headers();
    let length = headers.get("content-length")?;
    if length.is_some_and(|length| length != "0") || headers.has("transfer-encoding")? {
        return Ok(Verdict::Refuse(413, "no body is taken here"));
    }
    Ok(Verdict::Pass)
}

/// Whether this address may open one more socket now. Without the platform's header, as in the clinic's own network,
/// there is no address to judge and the rooms' limits stand alone.
pub fn may_open_socket(request: &Request, now: Timestamp) -> Result<bool> {
    let Some(address) = request.headers().get("cf-connecting-ip")? else { return Ok(true) };
    Ok(SOCKETS.with_borrow_mut(|buckets| {
        if buckets.len() >= MAX_ADDRESSES && !buckets.contains_key(&address) {
            buckets.clear();
        }
        let fresh = || Bucket::full(SOCKETS_PER_SECOND, SOCKETS_BURST, now);
        buckets.entry(address).or_insert_with(fresh).take(1, now)
    }))
}
