//! The real program as a child of the test: started, listened to, stopped and killed from outside.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc;

/// No child takes longer to do what a test waits for; it only ends what hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running program. Killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// Lines of standard output, as they come; closed when the process is gone.
    lines: mpsc::UnboundedReceiver<String>,
    stdout: Vec<String>,
    stderr: Option<JoinHandle<String>>,
}

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: String,
}

impl Ended {
    /// All that it printed.
    pub(crate) fn said(&self) -> String {
        self.stdout.join("\n")
    }
}

impl Process {
    /// Starts `portcullis` with these arguments and settings from the environment, and nothing else
    /// in it.
    pub(crate) fn spawn(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::spawn_under(":", arguments, environment)
    }

    /// As [`Process::spawn`], once a shell has done `first`, such as to lower a limit.
    pub(crate) fn spawn_under(first: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("{first}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_portcullis")]);
        command.args(arguments).env_clear().envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            let read = BufReader::new(stdout).lines().map_while(Result::ok);
            // Read to the end also when nobody listens any more, or the program would stall.
            read.for_each(|line| drop(sender.send(line)));
        });
        let stderr = std::thread::spawn(move || text_of(stderr));
        Self { child, lines, stdout: Vec::new(), stderr: Some(stderr) }
    }

    /// Runs `portcullis` with these arguments to its end.
    pub(crate) async fn run(arguments: &[&str]) -> Ended {
        Self::spawn(arguments, &[]).ended().await
    }

    /// Waits until it says where it listens; `None` if it ends instead.
    pub(crate) async fn url(&mut self) -> Option<String> {
        loop {
            let line = self.next_line().await?;
            if let Some(url) = line.strip_prefix("listening on ") {
                return Some(url.to_owned());
            }
        }
    }

    /// Ends it as the kernel would for want of memory (SIGKILL); nothing of its own runs any more.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop (SIGTERM).
    pub(crate) fn ask_to_stop(&self) {
        self.signal("TERM");
    }

    /// Asks it to load its rules again (SIGHUP).
    pub(crate) fn hang_up(&self) {
        self.signal("HUP");
    }

    fn signal(&self, name: &str) {
        // The shell's own `kill`: a minimal machine has no other, and a call of ours would be unsafe.
        let pid = self.child.id().to_string();
        let status = Command::new("sh").args(["-c", "kill -\"$1\" \"$2\"", "sh", name, &pid]).status().unwrap();
        assert!(status.success(), "no signal could be sent");
    }

    /// Asks it to stop and waits for the end.
    pub(crate) async fn stop(self) -> Ended {
        self.ask_to_stop();
        self.ended().await
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> Ended {
        while self.next_line().await.is_some() {}
        let code = self.child.wait().unwrap().code();
        Ended { code, stdout: std::mem::take(&mut self.stdout), stderr: self.stderr() }
    }

    /// Whether it has this file open now; where the system cannot tell (no `/proc`), it is said to.
    pub(crate) fn has_open(&self, file: &Path) -> bool {
        let Ok(open) = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())) else { return true };
        open.filter_map(Result::ok).any(|entry| std::fs::read_link(entry.path()).is_ok_and(|target| target == file))
    }

    /// How many files and sockets it has open; 0 where the system cannot tell.
    pub(crate) fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).map_or(0, Iterator::count)
    }

    /// The next line that it prints; `None` when it has ended.
    pub(crate) async fn next_line(&mut self) -> Option<String> {
        let Ok(line) = tokio::time::timeout(PATIENCE, self.lines.recv()).await else {
            let _ = self.child.kill();
            let stderr = self.stderr();
            panic!("it hangs; it said {:?} and {stderr}", self.stdout);
        };
        self.stdout.extend(line.clone());
        line
    }

    fn stderr(&mut self) -> String {
        self.stderr.take().and_then(|reader| reader.join().ok()).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when it is gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Fails the test with the program's own words unless it ended well.
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

fn text_of(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = pipe.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
