//! What every response says to the browser about trust, type and caching. Pure tables; knows no file and no room.

use worker::{Headers, Response, Result};

/// No inline script or style, nothing from elsewhere, no framing. `'self'` covers the WebSocket of this origin.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; \
    trusted-types lucerna";

/// The camera reads pairing codes; nothing else of the device is for this page.
const PERMISSIONS_POLICY: &str = "camera=(self), accelerometer=(), autoplay=(), browsing-topics=(), \
    clipboard-read=(), display-capture=(), encrypted-media=(), fullscreen=(self), geolocation=(), gyroscope=(), \
    hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    picture-in-picture=(), publickey-credentials-get=(self), screen-wake-lock=(self), serial=(), usb=(), \
    xr-spatial-tracking=()";

const STRICT: [(&str, &str); 9] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", PERMISSIONS_POLICY),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("x-frame-options", "DENY"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// The path holds a hash of the content.
    Forever,
    /// Kept, but asked about every time.
    Revalidate,
    Never,
}

impl Caching {
    pub fn value(self) -> &'static str {
        match self {
            Caching::Forever => "public, max-age=31536000, immutable",
            Caching::Revalidate => "no-cache",
            Caching::Never => "no-store",
        }
    }

    /// A path segment, or a part of one between dots and dashes, that is a lower-case hash of 8 digits or more.
    pub fn of_path(path: &str) -> Caching {
        let hashed = path.split(['/', '.', '-']).any(is_hash);
        if hashed { Caching::Forever } else { Caching::Revalidate }
    }
}

fn is_hash(part: &str) -> bool {
    part.len() >= 8
        && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && part.bytes().any(|b| b.is_ascii_digit())
}

pub fn strict() -> Result<Headers> {
    let headers = Headers::new();
    for (name, value) in STRICT {
        headers.set(name, value)?;
    }
    Ok(headers)
}

/// A short text with a status: errors and refusals.
pub fn plain(status: u16, text: &str) -> Result<Response> {
    let headers = strict()?;
    headers.set("content-type", "text/plain; charset=utf-8")?;
    headers.set("cache-control", Caching::Never.value())?;
    match status {
        405 => headers.set("allow", "GET, HEAD")?,
        426 => headers.set("upgrade", "websocket")?,
        429 => headers.set("retry-after", "5")?,
        _ => {}
    }
    Ok(Response::builder().with_status(status).with_headers(headers).fixed(text.into()))
}

pub fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json; charset=utf-8",
        "webmanifest" => "application/manifest+json; charset=utf-8",
        "svg" => "image/svg+xml; charset=utf-8",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "jpg" | "jpeg" => "image/jpeg",
        "woff2" => "font/woff2",
        "txt" | "ftl" | "tsv" | "csv" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
