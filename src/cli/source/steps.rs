//! What to do at a sender, as `source` tells it.

use crate::cli::output;
use crate::cli::refused::refused;
use crate::incident::SourceName;
use crate::intake::SourceSettings;

/// Where the source's sender delivers.
pub(super) fn url_of(server: &str, name: &SourceName) -> String {
    format!("{}/v1/alerts/{name}", server.trim_end_matches('/'))
}

/// A secret of ours proves nothing where the sender makes its own: nobody could give it that one.
pub(super) fn refuse_own_secret(settings: &SourceSettings, url: &str) -> anyhow::Result<()> {
    if !settings.sender_makes_secret() {
        return Ok(());
    }
    let said = match (settings.takes_public_key(), settings.is_signed_for()) {
        (true, true) => {
            let whose = "what signs for the sender has the private key of a pair; pipe in the public half (whpk_…) with \
                         --secret-stdin";
            return Err(refused(anyhow::anyhow!("{whose}")));
        }
        (true, false) => {
            "the sender has the private key of a pair; pipe in the public half (whpk_…) with --secret-stdin"
        }
        (false, _) => "the sender makes this secret; pipe it in with --secret-stdin",
    };
    Err(refused(anyhow::anyhow!("{said}. At the sender:\n{}", settings.steps(url, "<the secret>"))))
}

/// What to do at the sender. What signs for one has the secret and the URL, and the sender has neither.
pub(super) fn tell(settings: &SourceSettings, url: &str, secret: Option<&str>) -> anyhow::Result<()> {
    let (url, secret) = if settings.is_signed_for() {
        let has = if secret.is_some() && !settings.takes_public_key() { "has that secret, and posts" } else { "posts" };
        output::line(format_args!("\nWhat signs for the sender {has} to\n  {url}"))?;
        output::line("\nAt the sender, with a URL and a secret of what signs:")?;
        ("<the URL of what signs>", "<the secret of what signs>")
    } else {
        output::line("\nAt the sender:")?;
        (url, secret.unwrap_or_default())
    };
    for step in settings.steps(url, secret).lines() {
        output::line(format_args!("  {step}"))?;
    }
    output::line(format_args!("  More in deploy/senders/{}.", settings.kind.page()))
}
