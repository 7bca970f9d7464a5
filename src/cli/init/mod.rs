//! `portcullis init`: a folder from which a server starts.

mod answers;
mod configuration;
mod files;

use std::path::PathBuf;

use clap::Args;

use self::answers::Answers;
use self::files::{Entry, Kind};
use super::{output, random};
use crate::incident::{Digest, UserId};

/// What `init` takes.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Arguments {
    /// Where everything is written; must not be there yet, or be empty.
    #[arg(default_value = "portcullis", value_name = "FOLDER")]
    folder: PathBuf,
    /// Write for the simulator (`portcullis sandbox`), with its people, so that nothing has to be asked.
    #[arg(long, conflicts_with_all = ["dingtalk", "corp_id", "app_key", "app_secret_file"])]
    sandbox: bool,
    /// Which DingTalk: `io` (international) or `com` (mainland).
    #[arg(long, value_name = "io|com", value_parser = ["io", "com"])]
    dingtalk: Option<String>,
    /// The organization whose Enterprise Accounts are acted on.
    #[arg(long, value_name = "ID")]
    corp_id: Option<String>,
    /// The app's key (Client ID).
    #[arg(long, value_name = "KEY")]
    app_key: Option<String>,
    /// A file with the app's secret (Client Secret), which is copied; `-` reads it from standard input.
    #[arg(long, value_name = "FILE")]
    app_secret_file: Option<PathBuf>,
    /// What the log calls this installation in its checkpoints.
    #[arg(long, default_value = "portcullis", value_name = "NAME")]
    deployment: String,
    /// Your own userid, so that no alert shuts you out, and you may approve what wants somebody known.
    #[arg(long, value_name = "USERID", value_parser = UserId::parse)]
    user_id: Option<UserId>,
}

const HELP: &str = "\
What is not said is asked for, where somebody sits before a terminal. Nothing is written before all of it is known, and
then all of it or nothing: the configuration with every setting explained, the secrets (mode 0600), a first rule with its
tests, the list of protected accounts, and what employees read in 15 languages.

Exit codes:
  0  done
  1  failed: something could not be written
  2  refused: the folder is there, or something is missing";

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    files::refuse_taken(&arguments.folder)?;
    let answers = Answers::of(arguments)?;
    let token = hex::encode(random::bytes::<32>()?);
    let configuration = configuration::text(&answers, &Digest::of(token.as_bytes()))?;
    let master_key = random::bytes::<32>()?;
    let mut entries = vec![
        Entry { path: "portcullis.toml", bytes: configuration.as_bytes(), kind: Kind::Open },
        Entry { path: "secrets/dingtalk-app-secret", bytes: answers.app_secret.as_bytes(), kind: Kind::Secret },
        Entry { path: configuration::MASTER_KEY, bytes: &master_key, kind: Kind::Secret },
    ];
    entries.extend(files::rules(answers.is_sandbox()));
    files::write(&arguments.folder, &entries)?;
    tell(arguments, &token)
}

fn tell(arguments: &Arguments, token: &str) -> anyhow::Result<()> {
    let folder = arguments.folder.display();
    let config = arguments.folder.join("portcullis.toml");
    let config = config.display();
    output::line(format_args!("{config} is written, with secrets/ and rules/ beside it."))?;
    output::line(format_args!("The token of `admin`, shown this once: {token}"))?;
    output::line("\nNext:")?;
    let step = |text: String, why: &str| output::line(format_args!("  {text}\n      {why}"));
    if arguments.sandbox {
        step("portcullis sandbox".to_owned(), "the simulator, in another terminal")?;
    }
    step(
        format!("portcullis source add generic --name siem --signature standard-webhooks --config {config}"),
        "a sender for the first rule, rules/generic/confirmed-compromise.yml; it says how to send",
    )?;
    step(format!("portcullis check {folder}/rules"), "what is doubtful in the rules, whenever you change them")?;
    step(format!("portcullis doctor --config {config}"), "whether all is well that acting needs")?;
    step(format!("portcullis serve --config {config}"), "http://127.0.0.1:8080/, where the token signs you in")
}
