//! The system calls of the real program, as `strace` saw them: in order, with what they wrote.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Whatever changes a file or folder, makes it durable, or tells somebody.
const CALLS: &str = "openat,close,write,pwrite64,writev,sendto,fsync,fdatasync,sync_file_range,rename,renameat,\
                     renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,ftruncate,fallocate,dup,fcntl,lseek";
/// More than any one call writes.
const BYTES_MAX: usize = 16_000_000;
/// How long the tracer may take to write down the end; it only ends what hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// One call. Its begin and end are places in the order of all: whatever was seen to end before another began was done
/// by then.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) begin: usize,
    /// None when the process ended first.
    pub(super) end: Option<usize>,
    pub(super) name: String,
    pub(super) arguments: String,
    /// None when the process ended first.
    pub(super) result: Option<i64>,
    /// The first text among the arguments, and the others.
    pub(super) texts: Vec<Vec<u8>>,
}

impl Call {
    /// The number among its arguments at this place, if it is one.
    pub(super) fn number(&self, place: usize) -> Option<i64> {
        // No argument before a number that is asked for has a comma in it: texts are written in hexadecimal.
        self.arguments.split(", ").nth(place)?.trim().parse().ok()
    }

    /// The path that is its text at this place.
    pub(super) fn path(&self, place: usize) -> PathBuf {
        PathBuf::from(String::from_utf8(self.texts[place].clone()).expect("a path is text"))
    }

    /// Where it takes its place among the others: what gives a descriptor does so at its end, when another call may
    /// just have given that number back.
    pub(super) fn effect(&self) -> usize {
        let gives = matches!(self.name.as_str(), "openat" | "dup" | "fcntl");
        self.end.filter(|_| gives).unwrap_or(self.begin)
    }

    /// Whether it did what it was asked for.
    pub(super) fn is_done(&self) -> bool {
        self.result.is_some_and(|result| result >= 0)
    }
}

/// What a shell does before the program so that its calls are written to `log`. The tracer is a child of its own
/// (`-D`): whoever waits for the program, kills it or asks it to stop has the program itself.
pub(super) fn traced(log: &Path) -> String {
    format!(
        "exec strace -D -f -q -xx -s {BYTES_MAX} -e signal=kill -e trace={CALLS} -o '{}' \"$0\" \"$@\"",
        log.display()
    )
}

/// As [`traced`], but only these calls on this file, which fail as said; see `strace(1)` for `inject`.
pub(super) fn failing(log: &Path, file: &Path, inject: &str) -> String {
    let calls = inject.split(':').next().expect("it begins with what fails");
    let (log, file) = (log.display(), file.display());
    format!(
        "exec strace -D -f -q -xx -s 64 -e signal=kill -P '{file}' -e trace={calls} -e inject={inject} -o '{log}' \"$0\" \"$@\""
    )
}

/// The calls in a tracer's log, once the process has ended and all of it is written.
pub(super) async fn read(log: &Path) -> Vec<Call> {
    let began = Instant::now();
    loop {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        // The first line is the process's own, and so is its last word.
        let process = text.split_whitespace().next().unwrap_or("none");
        let has_ended = |line: &&str| line.split_whitespace().next() == Some(process) && line.contains("+++ ");
        if text.ends_with('\n') && text.lines().rev().take(200).any(|line| has_ended(&line)) {
            return parse(&text);
        }
        assert!(began.elapsed() < PATIENCE, "the tracer never came to an end: {} bytes", text.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The calls in what a tracer has written.
pub(super) fn parse(text: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut unfinished: HashMap<&str, usize> = HashMap::new();
    for (place, line) in text.lines().enumerate() {
        let Some((process, line)) = line.split_once(' ') else { continue };
        let line = line.trim_start();
        if line.starts_with("+++") || line.starts_with("---") {
            continue;
        }
        if let Some((_, rest)) = line.strip_prefix("<... ").and_then(|line| line.split_once(" resumed>")) {
            let Some(call) = unfinished.remove(process).and_then(|index| calls.get_mut(index)) else { continue };
            let (more, result) = split(rest);
            call.arguments.push_str(more);
            call.texts = texts(&call.arguments);
            (call.end, call.result) = (result.map(|_| place), result);
            continue;
        }
        let Some((name, rest)) = line.split_once('(') else { continue };
        let (arguments, result) = split(rest);
        if result.is_none() {
            unfinished.insert(process, calls.len());
        }
        let (name, arguments, texts) = (name.to_owned(), arguments.to_owned(), texts(arguments));
        calls.push(Call { begin: place, end: result.map(|_| place), name, arguments, result, texts });
    }
    calls
}

/// The arguments, and what the call gave.
fn split(rest: &str) -> (&str, Option<i64>) {
    let Some((arguments, result)) = rest.rsplit_once(" = ") else {
        return (rest.trim_end_matches("<unfinished ...>"), None);
    };
    let result = result.split_whitespace().next().and_then(|result| result.parse().ok());
    (arguments.trim_end().trim_end_matches(')'), result)
}

/// The texts among arguments, from hexadecimal.
fn texts(arguments: &str) -> Vec<Vec<u8>> {
    let quoted = arguments.split('"').skip(1).step_by(2);
    quoted.map(|text| hex::decode(text.replace("\\x", "")).expect("every byte is written in hexadecimal")).collect()
}

#[test]
fn a_call_that_another_interrupts_is_one_call() {
    let calls = parse(concat!(
        "7 pwrite64(3, \"\\x61\\x62\", 2, 5 <unfinished ...>\n",
        "8 fdatasync(3) = -1 EIO (Input/output error) (INJECTED)\n",
        "7 <... pwrite64 resumed>) = 2\n",
        "7 fsync(4 <unfinished ...>\n",
        "7 +++ killed by SIGKILL +++\n",
    ));
    let told: Vec<_> = calls.iter().map(|call| (call.begin, call.end, call.name.as_str(), call.result)).collect();
    let wanted = [(0, Some(2), "pwrite64", Some(2)), (1, Some(1), "fdatasync", Some(-1)), (3, None, "fsync", None)];
    assert_eq!(told, wanted);
    assert_eq!((calls[0].texts.as_slice(), calls[0].number(3)), ([b"ab".to_vec()].as_slice(), Some(5)));
}
