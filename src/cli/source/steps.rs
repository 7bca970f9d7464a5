//! What to do at a sender, as `source` tells it.

use crate::cli::output;
use crate::cli::refused::refused;
use crate::incident::SourceName;
use crate::intake::SourceSettings;

/// Where the source's sender delivers.
pub(super) fn url_of(server: &str, name: &SourceName) -> String {
    format!("{}/v1/alerts/{name}", server.trim_end_matches('/'))
}

/// Steps, with what stands for the sender's own.
pub(super) fn filled(steps: &str, url: &str, secret: &str) -> String {
    let in_url: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    // Not every reader of a query takes `+` for a blank.
    let in_url = in_url.replace('+', "%20");
    steps.replace("{url}", url).replace("{secret_in_url}", &in_url).replace("{secret}", secret)
}

/// A secret of ours proves nothing where the sender makes its own: nobody could give it that one.
pub(super) fn refuse_own_secret(settings: &SourceSettings, url: &str) -> anyhow::Result<()> {
    if !settings.sender_makes_secret() {
        return Ok(());
    }
    Err(refused(anyhow::anyhow!(
        "the sender makes this secret; pipe it in with --secret-stdin. At the sender:\n{}",
        filled(&settings.steps(), url, "<the secret>")
    )))
}

/// What to do at the sender. What signs for one has the secret and the URL, and the sender has neither.
pub(super) fn tell(settings: &SourceSettings, url: &str, secret: &str) -> anyhow::Result<()> {
    let (url, secret) = if settings.is_signed_for() {
        output::line(format_args!("\nWhat signs for the sender has that secret, and posts to\n  {url}"))?;
        output::line("\nAt the sender, with a URL and a secret of what signs:")?;
        ("<the URL of what signs>", "<the secret of what signs>")
    } else {
        output::line("\nAt the sender:")?;
        (url, secret)
    };
    // The URL with its secret, where that is where it is.
    for step in filled(&settings.steps(), url, secret).lines() {
        output::line(format_args!("  {step}"))?;
    }
    output::line(format_args!("  More in deploy/senders/{}.", settings.kind.guide().page))
}
