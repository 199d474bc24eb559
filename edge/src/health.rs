//! `/healthz`: that the worker runs, and which version. Says nothing about rooms or load.

use worker::{Response, Result};

use crate::headers::{self, Caching};

pub fn report(head: bool) -> Result<Response> {
    let body = concat!(r#"{"ok":true,"version":""#, env!("CARGO_PKG_VERSION"), r#""}"#);
    let headers = headers::strict()?;
    headers.set("content-type", "application/json; charset=utf-8")?;
    headers.set("cache-control", Caching::Never.value())?;
    let response = Response::builder().with_headers(headers);
    Ok(if head { response.empty() } else { response.fixed(body.into()) })
}
