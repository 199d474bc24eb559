//! The shape of a release: one folder named by the hash of its contents, and a few files at the root that point to it.
//! It neither compiles nor compresses by itself, and it does not know what the files mean.

use crate::budget::{Size, Sizes};
use crate::{brotli, stamp, web};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Scripts that belong beside the app, inside the hashed folder.
const BESIDE_APP: &[&str] = &["boot.js", "worker.js"];
/// Files whose text may hold placeholders.
const TEXT: &[&str] = &[".html", ".js", ".webmanifest", ".css"];

/// Everything a release is made of, before the hash is known.
#[derive(Debug, Default)]
pub struct Release {
    /// Served below `/assets/<hash>/`, cached for ever.
    hashed: BTreeMap<String, Vec<u8>>,
    /// Served from `/`, asked for again each time.
    root: BTreeMap<String, Vec<u8>>,
}

impl Release {
    /// Reads `web/static`, the style sheets in their order, and what wasm-bindgen made.
    pub fn gather(web: &Path, bound: &[PathBuf], lenient: bool) -> Result<Self> {
        let mut release = Self::default();
        for folder in bound {
            release.hashed.extend(read_below(folder)?);
        }
        for (name, bytes) in read_below(&web.join("static"))? {
            match name.strip_prefix("data/") {
                Some(data) => release.hashed.insert(data.to_owned(), bytes),
                None if BESIDE_APP.contains(&name.as_str()) => release.hashed.insert(name, bytes),
                None => release.root.insert(name, bytes),
            };
        }
        if !release.root.contains_key("index.html") {
            bail!("web/static/index.html is missing");
        }
        release.hashed.insert("style.css".to_owned(), style_sheet(&web.join("src/styles"), lenient)?);
        Ok(release)
    }

    /// Sixteen hexadecimal digits over everything in the hashed folder.
    pub fn hash(&self) -> String {
        let all = self.hashed.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        stamp::sha256_of(all).chars().take(16).collect()
    }

    /// The release as path → bytes, placeholders filled.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let hash = self.hash();
        let mut files = BTreeMap::new();
        for (name, bytes) in &self.hashed {
            files.insert(format!("assets/{hash}/{name}"), fill(name, bytes, &[("{{HASH}}", &hash)]));
        }
        for (name, bytes) in self.root.iter().filter(|(name, _)| *name != "sw.js") {
            files.insert(name.clone(), fill(name, bytes, &[("{{HASH}}", &hash)]));
        }
        let hashes: BTreeMap<String, String> =
            files.iter().map(|(path, bytes)| (path.clone(), stamp::sha256(bytes))).collect();
        let manifest = serde_json::json!(hashes).to_string();
        let version: String = stamp::sha256(manifest.as_bytes()).chars().take(16).collect();
        if let Some(worker) = self.root.get("sw.js") {
            let list = precache(files.keys());
            let fills = [("{{PRECACHE}}", list.as_str()), ("{{VERSION}}", &version), ("{{HASH}}", &hash)];
            files.insert("sw.js".to_owned(), fill("sw.js", worker, &fills));
        }
        files
    }
}

/// Makes `dist` hold exactly this release; equal files are not touched, strangers are removed.
pub fn lay_out(release: &Release, dist: &Path, compressed: bool) -> Result<Sizes> {
    let mut wanted = BTreeMap::new();
    let mut sizes = Sizes::default();
    for (path, bytes) in release.files() {
        let small = if compressed { brotli::beside(&path, &bytes)? } else { None };
        sizes.0.push(Size { path: path.clone(), raw: bytes.len(), brotli: small.as_ref().map(Vec::len) });
        if let Some(small) = small {
            wanted.insert(format!("{path}.br"), small);
        }
        wanted.insert(path, bytes);
    }
    for (path, bytes) in &wanted {
        stamp::write(&dist.join(path), bytes)?;
    }
    for stranger in stamp::files_below(dist)? {
        if !wanted.contains_key(&slashed(&stranger)) {
            let stranger = dist.join(stranger);
            fs::remove_file(&stranger)?;
            // Only an empty folder can be removed this way, which is the intent.
            stranger.parent().map(fs::remove_dir);
        }
    }
    Ok(sizes)
}

/// The JSON list of addresses that the service worker keeps. `/` stands for `index.html`.
fn precache<'a>(paths: impl Iterator<Item = &'a String>) -> String {
    let urls: Vec<String> =
        paths.map(|path| if path == "index.html" { "/".to_owned() } else { format!("/{path}") }).collect();
    serde_json::json!(urls).to_string()
}

fn fill(name: &str, bytes: &[u8], fills: &[(&str, &str)]) -> Vec<u8> {
    let generated = web::DOORS.iter().any(|door| name.strip_suffix(".js") == Some(door));
    match std::str::from_utf8(bytes) {
        Ok(text) if !generated && TEXT.iter().any(|ending| name.ends_with(ending)) => {
            fills.iter().fold(text.to_owned(), |text, (hole, value)| text.replace(hole, value)).into_bytes()
        }
        _ => bytes.to_vec(),
    }
}

/// The style sheets joined in the order that `ORDER` lists them. A build at the keyboard may lack some.
fn style_sheet(styles: &Path, lenient: bool) -> Result<Vec<u8>> {
    let order = fs::read_to_string(styles.join("ORDER")).context("web/src/styles/ORDER lists the style sheets")?;
    let mut joined = String::new();
    for name in order.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let text = match fs::read_to_string(styles.join(name)) {
            Err(_) if lenient => {
                println!("ORDER names {name}, which does not exist; a release would refuse");
                continue;
            }
            text => text.with_context(|| format!("ORDER names {name}"))?,
        };
        writeln!(joined, "{text}")?;
    }
    Ok(joined.into_bytes())
}

fn read_below(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    stamp::files_below(folder)?.iter().map(|path| Ok((slashed(path), fs::read(folder.join(path))?))).collect()
}

fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(app: &str) -> Release {
        let hashed = [("page.js", app), ("boot.js", "load('/assets/{{HASH}}/page.js')")];
        let root = [("index.html", "{{HASH}}"), ("sw.js", "{{VERSION}} {{PRECACHE}}")];
        let owned = |pairs: [(&str, &str); 2]| pairs.map(|(name, text)| (name.to_owned(), text.into())).into();
        Release { hashed: owned(hashed), root: owned(root) }
    }

    fn text(files: &BTreeMap<String, Vec<u8>>, path: &str) -> String {
        String::from_utf8(files[path].clone()).unwrap()
    }

    #[test]
    fn a_changed_app_moves_to_another_folder_and_gives_another_version() {
        let (one, other) = (release("1"), release("2"));
        assert_ne!(one.hash(), other.hash());
        assert_ne!(text(&one.files(), "sw.js"), text(&other.files(), "sw.js"));
    }

    #[test]
    fn placeholders_are_filled_everywhere_but_in_generated_code() {
        let release = release("{{HASH}}");
        let (hash, files) = (release.hash(), release.files());
        assert_eq!(text(&files, "index.html"), hash);
        assert_eq!(text(&files, &format!("assets/{hash}/boot.js")), format!("load('/assets/{hash}/page.js')"));
        assert_eq!(text(&files, &format!("assets/{hash}/page.js")), "{{HASH}}");
    }

    #[test]
    fn the_service_worker_keeps_the_start_page_and_all_else_but_itself() {
        let release = release("1");
        let worker = text(&release.files(), "sw.js");
        let list: Vec<String> = serde_json::from_str(worker.split_once(' ').unwrap().1).unwrap();
        assert!(list.contains(&"/".to_owned()) && list.contains(&format!("/assets/{}/boot.js", release.hash())));
        assert!(!list.iter().any(|url| url.ends_with("sw.js") || url.ends_with("index.html")));
    }

    #[test]
    fn laying_out_removes_what_no_release_names() {
        let dist = std::env::temp_dir().join(format!("lucerna-dist-{}", std::process::id()));
        lay_out(&release("1"), &dist, true).unwrap();
        lay_out(&release("2"), &dist, false).unwrap();
        let names: Vec<String> = stamp::files_below(&dist).unwrap().iter().map(|path| slashed(path)).collect();
        let hash = release("2").hash();
        assert_eq!(
            names,
            [format!("assets/{hash}/boot.js"), format!("assets/{hash}/page.js"), "index.html".into(), "sw.js".into()]
        );
        fs::remove_dir_all(dist).unwrap();
    }
}
