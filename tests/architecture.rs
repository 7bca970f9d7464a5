//! The referee of the architecture: a module names only lower floors, outside crates stay with their
//! owners, the pure floors stay pure, every file says what it is for, and nothing grows too long.

#[path = "architecture/attacks.rs"]
mod attacks;
#[path = "architecture/source.rs"]
mod source;

use std::path::Path;
use std::{fs, io};

use source::{NamedPath, Token};

/// From the ground up. Neighbours on one floor never name each other. `main` stands above `cli`
/// here, because it alone may name it.
const FLOORS: [&[&str]; 10] = [
    &["incident"],
    &["trail", "intake", "rules", "directory", "notices"],
    &["response", "roster"],
    &["admission", "executor", "notifier", "backtest", "anchors", "forwarders", "data_subjects", "access"],
    &["decisions", "doctor"],
    &["api", "console", "sandbox"],
    &["config", "telemetry"],
    &["server"],
    &["cli"],
    &["main"],
];

/// Each module owns its settings; only these see how they are read.
const CONFIG_READERS: [&str; 2] = ["server", "cli"];

/// Outside crates that only these modules name. Tests may use any.
const OWNERS: [(&str, &[&str]); 38] = [
    ("sled", &["trail"]),
    ("redb", &["trail"]),
    ("roaring", &["trail"]),
    ("reqwest", &["access", "directory", "intake", "notices", "anchors", "cli"]),
    ("actix_web", &["api", "console", "sandbox", "server"]),
    ("utoipa", &["api"]),
    ("figment", &["config"]),
    ("clap", &["cli", "main"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("dialoguer", &["cli"]),
    ("saphyr_parser", &["rules"]),
    ("icu_datetime", &["rules", "console"]),
    ("icu_decimal", &["console"]),
    ("icu_locale_core", &["rules", "console"]),
    ("fluent_bundle", &["console"]),
    ("ed25519_dalek", &["intake", "rules", "trail"]),
    ("regex_syntax", &["rules"]),
    ("regex_automata", &["incident", "rules"]),
    ("maud", &["console", "sandbox"]),
    ("tracing_subscriber", &["telemetry"]),
    ("anyhow", &["cli", "server", "main"]),
    ("hmac", &["intake", "notices", "trail", "cli"]),
    ("jsonwebtoken", &["intake"]),
    ("aws_lc_rs", &["intake", "trail"]),
    ("x509_cert", &["intake", "server"]),
    ("rustls", &["server", "forwarders"]),
    ("tokio_rustls", &["forwarders"]),
    ("zip", &["trail"]),
    ("openidconnect", &["access"]),
    ("chrono", &["access"]),
    ("actix_tls", &["server"]),
    ("rustls_pki_types", &["intake"]),
    ("aes", &["intake"]),
    ("cbc", &["intake"]),
    ("socket2", &["server"]),
    ("rustix", &["trail"]),
    ("indicatif", &["cli"]),
];

/// What the pure floors never say outside their tests.
const BARRED: [(&str, &[&str]); 8] = [
    ("incident", &["async"]),
    ("incident", &["tokio"]),
    ("incident", &["std", "fs"]),
    ("incident", &["std", "net"]),
    ("response", &["async"]),
    ("response", &["std", "fs"]),
    ("response", &["Timestamp", "now"]),
    ("response", &["SystemClock"]),
];

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// One file: its path from the root of the package, and its text.
type File = (String, String);

/// Everything that is wrong with the tree, each as `path:line: what`.
fn problems(tree: &[File]) -> Vec<String> {
    let test_files = test_files(tree);
    let mut found: Vec<String> = tree.iter().filter_map(header).collect();
    for (path, text) in tree.iter().filter(|(path, _)| path.starts_with("src/")) {
        let is_test = test_files.iter().any(|test| below(path, test));
        let lines = judge(path, text, is_test);
        found.extend(lines.into_iter().map(|(line, what)| format!("{path}:{line}: {what}")));
    }
    found
}

fn header((path, text): &File) -> Option<String> {
    let opens = text.lines().next().is_some_and(|line| line.strip_prefix("//! ").is_some_and(|said| !said.is_empty()));
    (!opens).then(|| format!("{path}:1: the file does not open with a `//! ` sentence that says what it is for"))
}

fn judge(path: &str, text: &str, is_test: bool) -> Vec<(usize, String)> {
    let Some(module) = module_of(path) else {
        return vec![(1, "the module has no floor; give it one in DESIGN and in tests/architecture.rs".to_owned())];
    };
    let tokens = source::tokens(text);
    let tests = source::test_ranges(&tokens);
    let in_test = |index: usize| is_test || tests.iter().any(|range| range.contains(&index));
    let mut found = sizes(text, &tokens);
    for named in source::paths(&tokens) {
        found.extend(floor(path, module, &named));
        if !in_test(named.index) {
            found.extend(owner(module, &named));
            found.extend(barred(module, &named));
        }
    }
    found.extend(hidden(&tokens));
    found
}

fn floor(path: &str, module: &str, named: &NamedPath) -> Option<(usize, String)> {
    let other = root_item(named, modules(path).len() + named.depth)?;
    let problem = if module == "lib" {
        format!("the library's root names `{other}`; it declares modules and re-exports nothing")
    } else if other == module {
        return None;
    } else if let (Some(own), Some(others)) = (floor_of(module), floor_of(other)) {
        let reads_config = other != "config" || CONFIG_READERS.contains(&module);
        if others < own && reads_config {
            return None;
        }
        format!("`{module}` (floor {own}) names `{other}` (floor {others})")
    } else {
        format!("`{module}` names `crate::{other}`, which is on no floor")
    };
    Some((named.line, problem))
}

fn owner(module: &str, named: &NamedPath) -> Option<(usize, String)> {
    let first = named.names.first().filter(|_| named.is_path)?;
    let (name, owners) = OWNERS.iter().find(|(name, _)| name == first)?;
    let stray = !owners.contains(&module);
    stray.then(|| (named.line, format!("`{module}` names the crate `{name}`, which belongs to {}", owners.join(", "))))
}

fn barred(module: &str, named: &NamedPath) -> Option<(usize, String)> {
    let says = |words: &[&str]| named.names.windows(words.len()).any(|window| window == words);
    let (_, words) = BARRED.iter().find(|(own, words)| *own == module && says(words))?;
    Some((named.line, format!("`{module}` is pure and never says `{}`", words.join("::"))))
}

/// Ways around this referee.
fn hidden(tokens: &[Token]) -> Option<(usize, String)> {
    let ways: [&[&str]; 4] = [&["#", "[", "path"], &["extern", "crate"], &["include", "!"], &["mod", "r", "#"]];
    let at = (0..tokens.len()).find(|at| ways.iter().any(|way| source::spells(tokens, *at, way)))?;
    Some((tokens.get(at)?.line, "code from elsewhere is not seen by the architecture test".to_owned()))
}

fn sizes(text: &str, tokens: &[Token]) -> Vec<(usize, String)> {
    let lines = text.lines().count();
    let file =
        (lines > FILE_LINES_MAX).then(|| (1, format!("the file has {lines} lines, {FILE_LINES_MAX} are allowed")));
    let functions = source::functions(tokens).into_iter().filter(|(_, _, length)| *length > FUNCTION_LINES_MAX);
    let long = functions
        .map(|(name, line, length)| (line, format!("`{name}` has {length} lines, {FUNCTION_LINES_MAX} are allowed")));
    file.into_iter().chain(long).collect()
}

/// The name right below the crate's root that a path written `depth` modules deep reaches; `*` when
/// it takes the root as a whole.
fn root_item(named: &NamedPath, depth: usize) -> Option<&str> {
    let (first, rest) = named.names.split_first()?;
    let mut level = match first.as_str() {
        "crate" | "portcullis" => 0,
        "self" => depth,
        "super" => depth.saturating_sub(1),
        // At the root itself a module's bare name is enough.
        bare if depth == 0 && named.is_path && bare != "main" && floor_of(bare).is_some() => return Some(bare),
        _ => return None,
    };
    for name in rest {
        match name.as_str() {
            "self" => {}
            "super" => level = level.saturating_sub(1),
            name => return (level == 0).then_some(name),
        }
    }
    // A word alone is a visibility such as `pub(crate)`, or a value.
    (level == 0 && !rest.is_empty()).then_some("*")
}

/// The floor's number, from 1.
fn floor_of(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module)).map(|index| index + 1)
}

/// The module a file belongs to, if it has a floor; the library's root counts as `lib`.
fn module_of(path: &str) -> Option<&str> {
    let first = path.strip_prefix("src/")?.split('/').next()?;
    match first.strip_suffix(".rs") {
        Some(root @ ("lib" | "main")) => Some(root),
        Some(single) => floor_of(single).map(|_| single),
        None => floor_of(first).map(|_| first),
    }
}

/// The file's place in the tree of modules: `src/trail/store.rs` is `trail`, `store`.
fn modules(path: &str) -> Vec<&str> {
    let inside = path.trim_start_matches("src/").trim_end_matches(".rs");
    inside.split('/').filter(|name| !matches!(*name, "lib" | "main" | "mod")).collect()
}

/// The modules that are declared for tests only, as their place in the tree.
fn test_files(tree: &[File]) -> Vec<Vec<String>> {
    let declared = |(path, text): &File| {
        let tokens = source::tokens(text);
        let names = source::modules_declared(&tokens, &source::test_ranges(&tokens));
        let place: Vec<String> = modules(path).into_iter().map(str::to_owned).collect();
        names.into_iter().map(move |name| [place.clone(), vec![name]].concat()).collect::<Vec<_>>()
    };
    tree.iter().flat_map(declared).collect()
}

fn below(path: &str, place: &[String]) -> bool {
    let own = modules(path);
    own.len() >= place.len() && own.iter().zip(place).all(|(a, b)| a == b)
}

/// Every Rust file below the folders, in the order of their names.
fn read(folders: &[&str]) -> io::Result<Vec<File>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting: Vec<_> = folders.iter().map(|folder| root.join(folder)).filter(|path| path.is_dir()).collect();
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                found.push((name, fs::read_to_string(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[test]
fn the_tree_keeps_its_architecture() -> io::Result<()> {
    let found = problems(&read(&["src", "tests", "benches"])?);
    assert!(found.is_empty(), "{} problems:\n{}", found.len(), found.join("\n"));
    Ok(())
}

#[test]
fn every_floor_has_its_modules() -> io::Result<()> {
    let tree = read(&["src"])?;
    let present = |module: &str| tree.iter().any(|(path, _)| module_of(path) == Some(module));
    let gone: Vec<_> = FLOORS.concat().into_iter().filter(|module| !present(module)).collect();
    assert!(gone.is_empty(), "the table names modules that are gone: {gone:?}");
    Ok(())
}

/// A small tree without a fault, which says in comments, strings and tests what must not be found.
fn clean_tree() -> Vec<File> {
    let files = [
        ("src/lib.rs", "//! Root.\npub mod incident;\npub mod trail;\n"),
        ("src/main.rs", "//! Entry.\nuse portcullis::cli;\nfn main() -> anyhow::Result<()> { cli::run() }\n"),
        ("src/incident/mod.rs", "//! Words.\nmod state;\npub(crate) use state::State;\npub(super) fn f() {}\n"),
        (
            "src/incident/state.rs",
            "//! State.\nuse super::Id;\n// use crate::cli;\n/* std::fs /* nested */ async */\n\
             pub const HELP: &str = \"crate::server \\\" tokio\";\npub const RAW: &str = r#\"\" std::net::TcpStream\"#;\n\
             pub fn quote<'a>(x: &'a str) -> (&'a str, char, char) { (x, '\"', '\\'') }\n\
             #[cfg(test)]\nmod tests {\n    use super::*;\n    use std::fs;\n    async fn f() { tokio::spawn(async {}); }\n}\n",
        ),
        (
            "src/trail/mod.rs",
            "//! Trail.\nmod sled;\n#[cfg(test)]\nmod contract;\nuse crate::{incident::Id, trail::sled};\n",
        ),
        ("src/trail/sled.rs", "//! Disk.\nuse ::sled::Db;\nuse super::super::incident as words;\n"),
        ("src/trail/contract.rs", "//! Contract.\nuse reqwest::Client;\n"),
        ("src/rules/mod.rs", "//! Rules.\nuse saphyr_parser::Parser;\nstruct Sled { sled: u8, maud: u8 }\n"),
        ("src/response/mod.rs", "//! Plan.\nuse crate::{incident, rules::{self, Rule}};\n"),
        ("src/server/mod.rs", "//! Whole.\nuse crate::{access, config::Config, telemetry};\nuse actix_web::App;\n"),
        ("src/cli/mod.rs", "//! Commands.\nuse clap::Parser;\nuse crate::{config, server};\n"),
        ("tests/it/main.rs", "//! Tests.\nuse portcullis::{cli, config};\n"),
    ];
    files.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec()
}

/// One file, and the beginnings of everything that is wrong with it.
fn check(path: &str, text: &str, expected: &[&str]) {
    let mut tree = clean_tree();
    tree.retain(|(known, _)| known != path);
    tree.push((path.to_owned(), text.to_owned()));
    let found = problems(&tree);
    let all = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| a.starts_with(b));
    assert!(all, "{path}:\n{text}\nexpected {expected:#?}\nfound {found:#?}");
}

#[test]
fn a_clean_tree_has_no_problems() {
    assert_eq!(problems(&clean_tree()), Vec::<String>::new());
}

#[test]
fn upward_and_sideways_names_are_reported() {
    let rules = |code: &str, expected: &[&str]| check("src/rules/mod.rs", &format!("//! R.\n{code}"), expected);
    rules("use crate::server;", &["src/rules/mod.rs:2: `rules` (floor 2) names `server` (floor 8)"]);
    rules("fn f() { crate::trail::open() }", &["src/rules/mod.rs:2: `rules` (floor 2) names `trail` (floor 2)"]);
    rules("type T = Vec<crate::intake::Key>;", &["src/rules/mod.rs:2: `rules` (floor 2) names `intake`"]);
    let grouped = "use crate::{\n    incident::{Id, Plan},\n    directory::{\n        Lookup,\n    },\n};";
    rules(grouped, &["src/rules/mod.rs:5: `rules` (floor 2) names `directory`"]);
    rules("use super::{intake, incident};", &["src/rules/mod.rs:2: `rules` (floor 2) names `intake`"]);
    rules("use portcullis::api;", &["src/rules/mod.rs:2: `rules` (floor 2) names `api` (floor 6)"]);
    rules("#[cfg(test)]\nmod tests { use crate::cli; }", &["src/rules/mod.rs:3: `rules` (floor 2) names `cli`"]);
    rules(
        "mod tests { use super::super::executor::Lane; }",
        &["src/rules/mod.rs:2: `rules` (floor 2) names `executor`"],
    );
    rules(
        "macro_rules! m { () => { $crate::console::page() } }",
        &["src/rules/mod.rs:2: `rules` (floor 2) names `console`"],
    );
    let deep =
        "//! D.\nmod tests { mod more { use super::super::super::super::cli::Command; } }\nuse super::super::api;";
    let both =
        ["src/trail/sled.rs:2: `trail` (floor 2) names `cli`", "src/trail/sled.rs:3: `trail` (floor 2) names `api`"];
    check("src/trail/sled.rs", deep, &both);
}

#[test]
fn the_whole_crate_and_unknown_modules_are_reported() {
    for code in
        ["use crate::*;", "use crate as root;", "use crate::{self as root};", "use super::*;", "use super as up;"]
    {
        let text = format!("//! R.\n{code}");
        check("src/rules/mod.rs", &text, &["src/rules/mod.rs:2: `rules` names `crate::*`, which is on no floor"]);
    }
    check("src/rules/mod.rs", "//! R.\nuse crate::helper::f;", &["src/rules/mod.rs:2: `rules` names `crate::helper`"]);
    check("src/util/mod.rs", "//! U.", &["src/util/mod.rs:1: the module has no floor"]);
    check("src/util.rs", "//! U.", &["src/util.rs:1: the module has no floor"]);
    check("src/lib.rs", "//! L.\npub use cli::run;", &["src/lib.rs:2: the library's root names `cli`"]);
    check("src/lib.rs", "//! L.\npub use crate::cli::run;", &["src/lib.rs:2: the library's root names `cli`"]);
}

#[test]
fn the_settings_reader_is_named_by_server_and_cli_only() {
    check(
        "src/telemetry/mod.rs",
        "//! T.\nuse crate::config;",
        &["src/telemetry/mod.rs:2: `telemetry` (floor 7) names `config`"],
    );
    check(
        "src/main.rs",
        "//! M.\nuse portcullis::config;",
        &["src/main.rs:2: `main` (floor 10) names `config` (floor 7)"],
    );
}

#[test]
fn an_outside_crate_in_a_strangers_hands_is_reported() {
    for (name, owners) in OWNERS {
        let stranger = if owners.contains(&"console") { "api" } else { "console" };
        let module = if name == "maud" { "api" } else { stranger };
        let module = if name == "actix_web" { "access" } else { module };
        let path = format!("src/{module}/mod.rs");
        let expected = |line: usize| format!("{path}:{line}: `{module}` names the crate `{name}`, which belongs to ");
        check(&path, &format!("//! X.\nuse {name}::Thing;"), &[&expected(2)]);
        check(&path, &format!("//! X.\nuse {name} as other;"), &[&expected(2)]);
        check(&path, &format!("//! X.\nuse std::fmt;\nfn f() -> ::{name}::Thing {{}}"), &[&expected(3)]);
        check(&path, &format!("//! X.\n#[derive(Debug, {name}::Thing)]\nstruct S;"), &[&expected(2)]);
        check(&path, &format!("//! X.\n#[cfg(not(test))]\nmod m {{ use {name}::Thing; }}"), &[&expected(3)]);
        check(&path, &format!("//! X.\n#[cfg(test)]\nmod tests {{ use {name}::Thing; }}"), &[]);
    }
}

#[test]
fn the_pure_floors_say_nothing_impure() {
    let impure = [
        ("incident", "async fn f() {}", "async"),
        ("incident", "use tokio::sync::Mutex;", "tokio"),
        ("incident", "use std::{fmt, fs::File};", "std::fs"),
        ("incident", "fn f() { std::net::TcpStream::connect(0) }", "std::net"),
        ("response", "fn f() { let x = async { 1 }; }", "async"),
        ("response", "use std::fs;", "std::fs"),
        ("response", "fn f() { jiff::Timestamp::now() }", "Timestamp::now"),
        ("response", "use crate::incident::{Clock, SystemClock};", "SystemClock"),
    ];
    for (module, code, words) in impure {
        let path = format!("src/{module}/extra.rs");
        let expected = format!("{path}:2: `{module}` is pure and never says `{words}`");
        check(&path, &format!("//! X.\n{code}"), &[&expected]);
    }
    assert_eq!(impure.len(), BARRED.len(), "every entry of the table is tried");
}

#[test]
fn nothing_hides_behind_a_literal_or_a_comment() {
    let before = [
        r#"const C: char = '"';"#,
        r"const C: char = '\'';",
        r"const C: char = '\u{22}';",
        r#"const C: u8 = b'"';"#,
        r#"const S: &str = "a \\";"#,
        r##"const S: &[u8] = br#"a " \"#;"##,
        r##"const S: &str = r"\";"##,
        "/* a /* b */ c */",
        "fn f<'a>(x: &'a str) -> &'a str { 'b: loop { break 'b x } }",
        "#[cfg(test)]\nuse std::fmt;",
    ];
    for code in before {
        let line = 3 + code.matches('\n').count();
        let expected = format!("src/rules/mod.rs:{line}: `rules` names the crate `clap`");
        check("src/rules/mod.rs", &format!("//! R.\n{code}\nuse clap::Parser;"), &[&expected]);
    }
}

#[test]
fn ways_around_the_referee_are_reported() {
    let ways = ["#[path = \"../cli/x.rs\"]\nmod x;", "extern crate self as root;", "include!(\"x.rs\");"];
    for way in ways {
        let expected = ["src/rules/mod.rs:2: code from elsewhere is not seen by the architecture test"];
        check("src/rules/mod.rs", &format!("//! R.\n{way}"), &expected);
    }
}

#[test]
fn a_file_without_a_header_is_reported() {
    for path in ["src/rules/mod.rs", "tests/it/other.rs", "benches/other.rs"] {
        let expected = format!("{path}:1: the file does not open with a `//! ` sentence");
        for text in ["", "\n//! Late.\n", "// Not a header.\n", "//! \n", "use std::fmt;\n"] {
            check(path, text, &[&expected]);
        }
    }
}

#[test]
fn long_files_and_functions_are_reported() {
    let file = |lines: usize| format!("//! R.{}", "\n".repeat(lines));
    check("src/rules/mod.rs", &file(500), &[]);
    check("src/rules/mod.rs", &file(501), &["src/rules/mod.rs:1: the file has 501 lines, 500 are allowed"]);
    let function =
        |lines: usize| format!("//! R.\nfn long<T>(x: [u8; 3])\n{{{}}}\nfn short() {{}}\n", "\n".repeat(lines - 2));
    check("src/rules/mod.rs", &function(70), &[]);
    check("src/rules/mod.rs", &function(71), &["src/rules/mod.rs:2: `long` has 71 lines, 70 are allowed"]);
    let text = format!("//! R.\nfn text() {{ f(\"}}{}\") }}\n", "\n".repeat(80));
    check("src/rules/mod.rs", &text, &["src/rules/mod.rs:2: `text` has 81 lines, 70 are allowed"]);
}
