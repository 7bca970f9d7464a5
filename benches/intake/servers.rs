//! The servers as processes: starts one on a fresh folder, asks the system what it costs, ends it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::stage::Sandbox;

/// The unit of times in `/proc/<pid>/stat`: 100 a second on every Linux there is (proc(5) calls it
/// `sysconf(_SC_CLK_TCK)`).
const TICK: Duration = Duration::from_millis(10);

/// Somebody to be measured.
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    binary: Binary,
}

enum Binary {
    Portcullis(PathBuf),
    /// This program again, as that server.
    Own(&'static str),
}

/// Everybody, ours first.
pub(crate) fn contestants(against: Option<&Path>) -> Vec<Contestant> {
    let portcullis = |name, path: &Path| Contestant { name, binary: Binary::Portcullis(path.to_owned()) };
    let own = |name| Contestant { name, binary: Binary::Own(name) };
    let ours = portcullis("portcullis", Path::new(env!("CARGO_BIN_EXE_portcullis")));
    let against = against.map(|path| portcullis("against", path));
    [ours, own("reference"), own("bare")].into_iter().chain(against).collect()
}

impl Contestant {
    /// Starts it with everything it keeps in a new folder on disk, and waits until it listens.
    pub(crate) fn start(&self, sandbox: &Sandbox, workers: usize) -> Server {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let log = File::create(folder.path().join("log")).unwrap();
        let mut command = match &self.binary {
            Binary::Portcullis(path) => {
                let config = sandbox.configure(folder.path(), workers);
                let mut command = Command::new(path);
                command.arg("serve").arg("--config").arg(config);
                command
            }
            Binary::Own(role) => {
                let mut command = Command::new(std::env::current_exe().unwrap());
                command.args(["--serve", role, "--workers", &workers.to_string(), "--folder"]).arg(folder.path());
                command
            }
        };
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the server can be run");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok());
        let log = || fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        let address = address.unwrap_or_else(|| panic!("{} does not listen: {line}{}", self.name, log()));
        Server { child, address, _output: output, _folder: folder }
    }
}

/// A running server; ended when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Kept open, or its next line would end it.
    _output: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Server {
    /// Processor time so far, of all its threads, in user and system mode.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("the server lives");
        // The name in brackets may hold anything, so count from behind it: fields 14 and 15.
        let (_, fields) = stat.rsplit_once(')').expect("a name");
        let fields = fields.split_whitespace().skip(11).take(2);
        let ticks: u32 = fields.map(|field| field.parse::<u32>().expect("a number")).sum();
        TICK * ticks
    }

    /// The most memory it ever had resident, in MiB.
    pub(crate) fn memory_peak_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the server lives");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib / 1_024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // As a crash would: nothing may depend on an orderly end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
