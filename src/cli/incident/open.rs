//! `portcullis incident open`: something is done to one account because a responder says so.

use std::time::Duration;

use clap::{Args, ValueEnum};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::account;
use crate::cli::client::Server;
use crate::cli::output;
use crate::cli::refused::refused;

/// What `incident open` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Whom: `user_id=zhangsan`, or email, login_id, mobile, union_id, job_number.
    #[arg(long, value_name = "KIND=NAME")]
    account: String,
    /// What to do, in order.
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    steps: Vec<Step>,
    /// Why; it stands on the trail with your name, and in DingTalk's log.
    #[arg(long)]
    reason: String,
    /// What the employee reads who is signed out: a key of rules/reasons.
    #[arg(long, value_name = "CODE")]
    employee_reason: Option<String>,
    /// After what time a disable is undone: `90m`, `8h`, `48h`.
    #[arg(long, value_name = "TIME")]
    expires_in: Option<String>,
    /// Disable until somebody gives the account back.
    #[arg(long, conflicts_with = "expires_in")]
    permanent: bool,
    /// The new DingTalk ID: 6 to 20 letters and digits, a letter first, that nobody else has.
    #[arg(long, value_name = "ID", conflicts_with = "dingtalk_id_prefix")]
    dingtalk_id: Option<String>,
    /// What the new DingTalk ID begins with, up to 8 letters and digits; the rest is made up.
    #[arg(long, value_name = "PREFIX")]
    dingtalk_id_prefix: Option<String>,
    /// By which channel people are told.
    #[arg(long, value_name = "NAME", requires = "text")]
    channel: Option<String>,
    /// What they are told; it must not name the person.
    #[arg(long, requires = "channel")]
    text: Option<String>,
    /// The same key opens one incident, however often this is run.
    #[arg(long)]
    key: Option<String>,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Step {
    SignOut,
    Disable,
    Enable,
    /// Waits for a second person, since DingTalk does it once a year and nothing undoes it.
    ChangeDingtalkId,
    /// People are told by `--channel` what `--text` says.
    Notify,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let account = account::parse(&arguments.account).map_err(refused)?;
    let steps: Vec<&str> = arguments
        .steps
        .iter()
        .map(|step| match step {
            Step::SignOut => "sign_out",
            Step::Disable => "disable",
            Step::Enable => "enable",
            Step::ChangeDingtalkId => "change_dingtalk_id",
            Step::Notify => "notify",
        })
        .collect();
    let expires_in_s = arguments.expires_in.as_deref().map(seconds).transpose().map_err(refused)?;
    let body = json!({
        "account": { "kind": account.kind().as_str(), "value": account.value() },
        "steps": steps,
        "reason": arguments.reason,
        "employee_reason": arguments.employee_reason,
        "expires_in_s": expires_in_s,
        "permanent": arguments.permanent,
        "dingtalk_id": arguments.dingtalk_id,
        "dingtalk_id_prefix": arguments.dingtalk_id_prefix,
        "channel": arguments.channel,
        "text": arguments.text,
        "key": arguments.key,
    });
    let opened = arguments.server.ask(Method::POST, "/v1/incidents", Some(body)).await?;
    let id = opened.get("incident").and_then(Value::as_str).unwrap_or_default();
    let before = opened.get("repeated").and_then(Value::as_bool).unwrap_or_default();
    output::line(format_args!("{id}{}", if before { " (opened before)" } else { "" }))?;
    if let Some(by) = opened.get("kept_by").and_then(Value::as_str) {
        let by = output::visible(by);
        output::line(format_args!(
            "  {by} keeps the account disabled: `portcullis incident release {by}` gives it back"
        ))?;
    }
    match opened.pointer("/held/text").and_then(Value::as_str) {
        Some(why) => output::line(format_args!("  held: {}", output::visible(why))),
        None => Ok(()),
    }
}

fn seconds(text: &str) -> anyhow::Result<u64> {
    let span: jiff::SignedDuration =
        text.parse().map_err(|_| anyhow::anyhow!("--expires-in is written like `90m`, `8h` or `48h`"))?;
    Ok(Duration::try_from(span).unwrap_or_default().as_secs())
}
