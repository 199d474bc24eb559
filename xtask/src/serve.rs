//! The whole app on this machine: static files and relay from one workerd process, as in production.
//! It ends workerd by its own process id, and takes care that workerd never outlives it.

use crate::{edge, paths, run, setup, web};
use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What the command line asks for.
#[derive(Debug)]
struct Wish {
    port: u16,
    state: PathBuf,
    flavour: web::Flavour,
    build: bool,
}

/// Builds, serves until a signal, and tears down.
pub fn serve(words: &[String]) -> Result<()> {
    let wish = Wish::read(words)?;
    if wish.build {
        setup::for_serve()?;
        web::build(wish.flavour)?;
        edge::build_edge(wish.flavour == web::Flavour::Release)?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    fs::create_dir_all(&wish.state)?;
    let config = edge::write_workerd_config(&paths::dist(), &wish.state, wish.port)?;
    let mut server = leashed(&edge::workerd_command(&config)?).spawn().context("cannot start workerd")?;
    let ended = watch(&mut server, wish.port, &stop);
    end(&mut server)?;
    ended
}

impl Wish {
    fn read(words: &[String]) -> Result<Self> {
        let flavour = web::Flavour::from_flags(words);
        let mut wish = Self { port: 8787, state: paths::work().join("state"), flavour, build: true };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("`{word}` wants a value"));
            match word.as_str() {
                "--port" => wish.port = value()?.parse().context("a port is a number below 65536")?,
                "--state" => wish.state = PathBuf::from(value()?),
                "--no-build" => wish.build = false,
                "--dev" => {}
                other => bail!("serve does not know `{other}`"),
            }
        }
        Ok(wish)
    }
}

/// The same command, ended by the kernel should this process die before it could do so itself.
fn leashed(command: &Command) -> Command {
    if !run::found("setpriv") {
        let mut plain = run::command(command.get_program(), &paths::root());
        plain.args(command.get_args());
        return plain;
    }
    let mut leashed = run::command("setpriv", &paths::root());
    leashed.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program()).args(command.get_args());
    leashed
}

/// Waits for the first answer, tells the address, then waits for a signal or for the server's own end.
fn watch(server: &mut Child, port: u16, stop: &AtomicBool) -> Result<()> {
    let begun = Instant::now();
    let mut told = false;
    while !stop.load(Ordering::Relaxed) {
        if let Some(status) = server.try_wait()? {
            bail!("workerd ended by itself with {status}; is port {port} taken?");
        }
        if !told && healthy(port) {
            println!("Lucerna is at http://localhost:{port}   (Ctrl+C stops it)");
            told = true;
        }
        if !told && begun.elapsed() > Duration::from_secs(30) {
            bail!("workerd did not answer on port {port} within 30 s");
        }
        sleep(Duration::from_millis(if told { 150 } else { 30 }));
    }
    Ok(())
}

fn healthy(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")?;
        let mut head = [0; 15];
        stream.read_exact(&mut head)?;
        Ok(String::from_utf8_lossy(&head).into_owned())
    };
    ask().is_ok_and(|head| head.contains(" 200"))
}

/// workerd ignores polite signals while a request hangs, and what it stores survives the impolite one.
fn end(server: &mut Child) -> Result<()> {
    if server.try_wait()?.is_none() {
        server.kill()?;
        server.wait()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(line: &str) -> Result<Wish> {
        Wish::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_bare_serve_is_a_release_on_the_usual_port() {
        let wish = wish("").unwrap();
        assert_eq!((wish.port, wish.build, wish.flavour), (8787, true, web::Flavour::Release));
    }

    #[test]
    fn flags_are_read_in_any_order_and_strangers_refused() {
        let wish = wish("--no-build --port 8801 --dev --state /tmp/s").unwrap();
        assert_eq!((wish.port, wish.build, wish.flavour), (8801, false, web::Flavour::Dev));
        assert!(super::tests::wish("--prot 1").is_err() && super::tests::wish("--port").is_err());
    }
}
