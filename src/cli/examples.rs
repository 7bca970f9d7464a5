//! An example, or some, of every command, for its help and its page of the manual. Tests hold every command to one, and
//! have the command line read each.

use clap::Command;

/// What stands for the server that is asked, and for the token that is shown to it.
const AT: &str = "$AT";
const SERVER: &str = "--server https://portcullis.example.com --token-file token";
/// The longest line of an example that is not broken before the server.
const LINE_MAX: usize = 100;

/// Each command with its examples, without the program's own name.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "init",
        &[
            "init --sandbox try",
            "init --dingtalk io --corp-id ding… --app-key ding… --app-secret-file - /etc/portcullis < secret",
        ],
    ),
    ("serve", &["serve --config /etc/portcullis/portcullis.toml", "serve --config portcullis.toml --check-config"]),
    ("demo", &["demo", "demo --rules rules --keep"]),
    ("sandbox", &["sandbox", "sandbox --listen 127.0.0.1:7791"]),
    ("check", &["check rules", "check rules --deny warning --json"]),
    ("rules check", &["rules check rules", "rules check rules --fix --dry-run"]),
    ("rules test", &["rules test rules", "rules test rules --no-gaps --junit rules.xml"]),
    ("rules promote", &["rules promote impossible-travel.yml $AT"]),
    (
        "rules manifest",
        &["rules manifest rules | ssh-keygen -Y sign -n portcullis-rules -f ~/.ssh/id_ed25519 > rules/rules.sig"],
    ),
    (
        "rules explain",
        &["rules explain impossible-travel.yml event.json", "rules explain 'Impossible travel' - < event.json"],
    ),
    ("rules fmt", &["rules fmt rules", "rules fmt --check rules"]),
    (
        "rules new",
        &[
            "rules new --event event.json --title 'Mail is forwarded outside' --output rules/forwarding.yml",
            "rules new --alert alr_0123456789abcdef0123456789abcdef --config portcullis.toml",
        ],
    ),
    ("rules reasons", &["rules reasons account-takeover", "rules reasons --locale zh_CN"]),
    ("rules schema", &["rules schema > rule.schema.json"]),
    (
        "rules backtest",
        &[
            "rules backtest --config portcullis.toml --trail copy-of-trail --since 7d",
            "rules backtest --events events.jsonl --kind okta-event-hook --against main --fail-over 5",
        ],
    ),
    (
        "source add",
        &[
            "source add okta-event-hook --config portcullis.toml --url https://portcullis.example.com",
            "source add github --config portcullis.toml --name audit-log",
        ],
    ),
    ("source list", &["source list $AT"]),
    (
        "source rotate",
        &["source rotate okta --config portcullis.toml", "source rotate okta --config portcullis.toml --finish $AT"],
    ),
    ("source test", &["source test okta --minutes 20 $AT"]),
    ("incident show", &["incident show inc_0123456789abcdef $AT"]),
    ("incident list", &["incident list --held $AT"]),
    ("incident contained", &["incident contained --json $AT | jq '.containments[].user_id'"]),
    (
        "incident pack",
        &[
            "incident pack inc_0123456789abcdef $AT",
            "incident pack inc_0123456789abcdef --log log-copy --out evidence.zip",
        ],
    ),
    (
        "incident open",
        &[
            "incident open --account user_id=zhangsan --steps sign-out,disable --expires-in 8h --employee-reason account-takeover --reason 'stolen laptop' $AT",
        ],
    ),
    ("incident approve", &["incident approve inc_0123456789abcdef --reason 'confirmed by phone' $AT"]),
    ("incident dismiss", &["incident dismiss inc_0123456789abcdef --reason 'a test of the sender' $AT"]),
    ("incident hold", &["incident hold inc_0123456789abcdef --reason 'I am looking into it' $AT"]),
    (
        "incident extend",
        &["incident extend inc_0123456789abcdef --for 8h --reason 'the laptop is still being looked at' $AT"],
    ),
    ("incident release", &["incident release inc_0123456789abcdef --reason 'it was the owner' --false-alarm $AT"]),
    ("incident replay", &["incident replay inc_0123456789abcdef --config portcullis.toml"]),
    (
        "directory show",
        &[
            "directory show zhangsan --config portcullis.toml",
            "directory show --by mobile 13800000000 --config portcullis.toml",
            "directory show zhangsan --json --config portcullis.toml",
        ],
    ),
    ("directory admins", &["directory admins --config portcullis.toml"]),
    ("directory departments", &["directory departments --users --config portcullis.toml"]),
    ("directory roles", &["directory roles --users --config portcullis.toml"]),
    (
        "directory people",
        &["directory people --role Finance $AT", "directory people --email li.si@example.com --config portcullis.toml"],
    ),
    ("directory sync", &["directory sync $AT"]),
    (
        "doctor",
        &[
            "doctor --config /etc/portcullis/portcullis.toml",
            "doctor $AT",
            "doctor --config portcullis.toml --json | jq '.checks[] | select(.health == \"failed\")'",
        ],
    ),
    ("notices list", &["notices list $AT"]),
    ("notices replay", &["notices replay --channel soc --reason 'the channel is back' $AT"]),
    ("subject export", &["subject export --account email=zhang.san@example.com $AT > zhang-san.jsonl"]),
    ("subject erase", &["subject erase --account email=zhang.san@example.com --reason 'asked for by the person' $AT"]),
    ("subject rewrap", &["subject rewrap --config portcullis.toml --to secrets/master-key-2"]),
    ("token list", &["token list $AT"]),
    (
        "token issue",
        &["token issue siem-export --role auditor --days 365 --reason 'nightly export' --out new-token $AT"],
    ),
    ("token revoke", &["token revoke siem-export --reason 'the machine is gone' $AT"]),
    ("send", &["send okta --config portcullis.toml", "send github --config portcullis.toml --file event.json --print"]),
    ("trail show", &["trail show --config portcullis.toml --from 1000 --limit 20"]),
    (
        "trail search",
        &[
            "trail search --config portcullis.toml kind=incident.held since=2026-11-01T00:00:00Z",
            "trail search account=email:zhang.san@example.com outcome=disabled $AT",
        ],
    ),
    (
        "trail report",
        &[
            "trail report held --since 2026-11-01 --until 2026-12-01 --config portcullis.toml",
            "trail report rules-in-force --since 2026-11-22 --until 2026-11-23 $AT",
        ],
    ),
    (
        "trail export",
        &[
            "trail export --format csv --since 2026-11-01T00:00:00Z --out november.csv $AT",
            "trail export --log log-copy --out all.jsonl",
        ],
    ),
    (
        "trail verify",
        &[
            "trail verify --config portcullis.toml",
            "trail verify --log log-copy --key published.vkey --since kept-checkpoint",
        ],
    ),
    ("trail check-proof", &["trail check-proof 1000.json 1000.tlog-proof --key published.vkey"]),
    ("trail prove", &["trail prove 1000 1001 --config portcullis.toml --out proofs"]),
    ("trail prune", &["trail prune --before 2026-01-01T00:00:00Z --reason 'kept for a year' $AT"]),
    ("trail backup", &["trail backup --config portcullis.toml --to /backup/trail"]),
    (
        "trail restore",
        &["trail restore --from /backup/trail --config portcullis.toml --by 'Anna Berg' --reason 'the disk was lost'"],
    ),
    ("trail rebuild", &["trail rebuild --config portcullis.toml --by 'Anna Berg' --reason 'the store was damaged'"]),
    ("trail rotate-key", &["trail rotate-key --config portcullis.toml --by 'Anna Berg' --reason 'once a year'"]),
    (
        "completions",
        &[
            "completions bash > /etc/bash_completion.d/portcullis",
            "completions zsh > \"${fpath[1]}/_portcullis\"",
            "completions fish > ~/.config/fish/completions/portcullis.fish",
        ],
    ),
    ("man", &["man rules check | man -l -", "man --folder /usr/local/share/man/man1"]),
];

/// The program with the examples of each of its commands behind what there is to say of it.
pub(super) fn added(program: Command) -> Command {
    below(program, "")
}

fn below(command: Command, path: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    let command = names.iter().fold(command, |command, name| {
        let path = format!("{path} {name}");
        command.mut_subcommand(name, |one| below(one, path.trim_start()))
    });
    let Some((_, examples)) = EXAMPLES.iter().find(|(of, _)| *of == path) else { return command };
    let before = command.get_after_help().map(|said| format!("{said}\n\n")).unwrap_or_default();
    command.after_help(format!("{before}{}", text(examples)))
}

fn text(examples: &[&str]) -> String {
    let lines = examples.iter().map(|example| format!("\n  portcullis {}", broken(example)));
    let title = if examples.len() == 1 { "Example:" } else { "Examples:" };
    lines.fold(title.to_owned(), |text, line| text + &line)
}

/// Long ones go on in the next line, as a shell reads them.
fn broken(example: &str) -> String {
    let whole = example.replace(AT, SERVER);
    if whole.len() <= LINE_MAX || !example.contains(AT) {
        return whole;
    }
    example.replace(&format!(" {AT}"), &format!(" \\\n    {SERVER}"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Arguments;

    /// Every command that has none below it.
    fn leaves(command: &Command, path: &str, found: &mut Vec<String>) {
        if !command.has_subcommands() {
            found.push(path.to_owned());
        }
        for one in command.get_subcommands().filter(|one| one.get_name() != "help") {
            leaves(one, format!("{path} {}", one.get_name()).trim_start(), found);
        }
    }

    /// The words of an example, as far as they are the program's: not what a shell does with them.
    fn words(example: &str) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, false);
        for c in example.replace(AT, SERVER).chars() {
            match c {
                '\'' => {
                    quote = !quote;
                    word.get_or_insert_default();
                }
                ' ' if !quote => words.extend(word.take()),
                c => word.get_or_insert_default().push(c),
            }
        }
        words.extend(word);
        let end = words.iter().position(|word| matches!(word.as_str(), "|" | "<" | ">" | "&&"));
        words.truncate(end.unwrap_or(words.len()));
        words
    }

    #[test]
    fn every_command_has_an_example_and_no_example_is_of_another() {
        let (mut found, mut named) = (Vec::new(), Vec::new());
        leaves(&Arguments::command(), "", &mut found);
        named.extend(EXAMPLES.iter().map(|(path, _)| (*path).to_owned()));
        found.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, found);
    }

    #[test]
    fn the_program_reads_every_example_as_it_stands() {
        for (path, examples) in EXAMPLES {
            assert!(!examples.is_empty());
            for example in *examples {
                let words = words(example);
                assert!(example.starts_with(path), "{example}");
                let read = Arguments::command().try_get_matches_from([&["portcullis".to_owned()], &words[..]].concat());
                assert!(read.is_ok(), "{example}: {}", read.unwrap_err());
            }
        }
    }

    #[test]
    fn examples_stand_behind_the_help_and_keep_to_the_width_of_a_page() {
        let mut program = added(Arguments::command());
        let help = program.find_subcommand_mut("doctor").unwrap().render_help().to_string();
        assert!(help.contains("changes nothing") && help.contains("Examples:\n  portcullis doctor --config"), "{help}");
        for (_, examples) in EXAMPLES {
            for line in text(examples).lines() {
                assert!(line.chars().count() <= 160, "{line}");
            }
        }
    }
}
