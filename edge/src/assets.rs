//! The PWA's files, through a binding that is a disk service on bare workerd and the assets store at Cloudflare.
//! It trusts the binding with bytes only: type, encoding, caching and what counts as a file are decided here.

use lucerna_shared::base::Hash;
use sha2::{Digest, Sha256};
use worker::{EncodeBody, Env, Fetcher, Method, Request, Response, ResponseBody, Result};

use crate::headers::{self, Caching, plain};

const INDEX: &str = "/index.html";

pub async fn serve(request: &Request, env: &Env, path: &str) -> Result<Response> {
    let Some(file) = file_of(path) else { return plain(404, "not found") };
    let store = env.get_binding::<Fetcher>("ASSETS")?;
    let Some(found) = find(&store, file, accepts_brotli(request)?).await? else {
        return plain(404, "not found");
    };
    deliver(request, file, found).await
}

/// The file a path stands for; `None` for what can be no file of ours. A path without an extension is a place inside
/// the app, so the page itself answers it. The disk service would list a directory: no path of one gets there.
fn file_of(path: &str) -> Option<&str> {
    let clean = path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_'));
    let (_, name) = path.rsplit_once('/')?;
    if !clean || path.contains("/.") || path.contains("//") || name.ends_with(".br") || name.ends_with('.') {
        return None;
    }
    Some(if name.contains('.') { path } else { INDEX })
}

struct Found {
    response: Response,
    brotli: bool,
}

async fn find(store: &Fetcher, file: &str, brotli: bool) -> Result<Option<Found>> {
    // The host is of no matter to either kind of store.
    if brotli {
        let response = store.fetch(format!("http://assets{file}.br"), None).await?;
        if response.status_code() == 200 {
            return Ok(Some(Found { response, brotli: true }));
        }
    }
    let response = store.fetch(format!("http://assets{file}"), None).await?;
    Ok((response.status_code() == 200).then_some(Found { response, brotli: false }))
}

async fn deliver(request: &Request, file: &str, found: Found) -> Result<Response> {
    let Found { mut response, brotli } = found;
    let caching = Caching::of_path(file);
    let headers = headers::strict()?;
    headers.set("content-type", headers::content_type(file))?;
    headers.set("cache-control", caching.value())?;
    headers.set("vary", "accept-encoding")?;
    if brotli {
        headers.set("content-encoding", "br")?;
    }
    let head = request.method() == Method::Head;
    match caching {
        // Large and never asked about again: passed through as a stream.
        Caching::Forever => {
            let answer = Response::builder().with_headers(headers).with_encode_body(EncodeBody::Manual);
            let (_, body) = response.into_parts();
            Ok(if head { answer.empty() } else { answer.body(body) })
        }
        // Small and asked about often: a tag makes the answer a short one.
        Caching::Revalidate | Caching::Never => {
            let bytes = response.bytes().await?;
            let tag = format!("\"{}\"", Hash(Sha256::digest(&bytes).into()));
            headers.set("etag", &tag)?;
            let answer = Response::builder().with_headers(headers).with_encode_body(EncodeBody::Manual);
            if request.headers().get("if-none-match")?.is_some_and(|known| matches(&known, &tag)) {
                return Ok(answer.with_status(304).empty());
            }
            Ok(if head { answer.empty() } else { answer.body(ResponseBody::Body(bytes)) })
        }
    }
}

/// Weak comparison, RFC 9110 §13.1.2.
fn matches(known: &str, tag: &str) -> bool {
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

fn accepts_brotli(request: &Request) -> Result<bool> {
    let accepted = request.headers().get("accept-encoding")?.unwrap_or_default();
    Ok(accepted.split(',').any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"))
            && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    }))
}
