//! The edge: decides by the path alone who answers, and gives every answer its strict headers.
//! It refuses to know anything of clinics, patients or keys; what passes through the rooms is ciphertext.

mod assets;
mod headers;
mod health;
mod limits;
mod room;

use worker::{Context, Env, Method, Request, Response, Result, event};

use crate::headers::plain;
use crate::limits::Verdict;

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    // Whatever goes wrong inside is told by its status only: an error's text may quote the request.
    match answer(request, &env).await {
        Ok(response) => Ok(response),
        Err(_) => plain(500, "internal error"),
    }
}

async fn answer(request: Request, env: &Env) -> Result<Response> {
    if let Verdict::Refuse(status, why) = limits::request(&request)? {
        return plain(status, why);
    }
    let url = request.url()?;
    match url.path() {
        "/healthz" => health::report(request.method() == Method::Head),
        path if path.starts_with("/relay/") => room::enter(request, env, &url).await,
        path => assets::serve(&request, env, path).await,
    }
}
