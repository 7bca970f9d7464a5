//! The configuration that `init` writes: the shipped one, which explains every setting, with what is known put in.

use anyhow::Context as _;
use toml_edit::{DocumentMut, Item, value};

use super::answers::Answers;
use crate::incident::Digest;

/// Every setting, explained; a test keeps it so.
const SHIPPED: &str = include_str!("../../../deploy/portcullis.toml");
/// What wraps the data keys, away from the trail that they are for.
pub(super) const MASTER_KEY: &str = "secrets/trail-master-key";
/// Where the simulator listens by itself.
const SANDBOX_URL: &str = "http://127.0.0.1:7790";

/// # Errors
/// The shipped configuration is not what it was when this was written.
pub(super) fn text(answers: &Answers, token: &Digest) -> anyhow::Result<String> {
    let mut document: DocumentMut = SHIPPED.parse()?;
    set(&mut document, "rules", "folder", "rules")?;
    set(&mut document, "trail", "path", "data/trail")?;
    set(&mut document, "trail", "deployment", &answers.deployment)?;
    set(&mut document, "directory", "app_key", &answers.app_key)?;
    set(&mut document, "directory", "corp_id", &answers.corp_id)?;
    add(&mut document, "trail", "master_key_file", MASTER_KEY)?;
    match answers.dingtalk {
        Some(preset) => set(&mut document, "directory", "preset", preset)?,
        None => {
            table(&mut document, "directory")?.remove("preset");
            add(&mut document, "directory", "api_url", SANDBOX_URL)?;
            add(&mut document, "directory", "oapi_url", SANDBOX_URL)?;
        }
    }
    // Senders are added one by one.
    table(&mut document, "intake")?.remove("sources");
    let mut access = format!("\n[[access.tokens]]\nname = \"admin\"\nrole = \"admin\"\nsha256 = \"{token}\"\n");
    if let Some(user_id) = &answers.user_id {
        access += &format!("user_id = {}\n", value(user_id.as_str()));
    }
    Ok(format!("{document}{access}"))
}

/// Changes a value, and leaves the words beside it.
fn set(document: &mut DocumentMut, of: &str, name: &str, new: &str) -> anyhow::Result<()> {
    let item = table(document, of)?.get_mut(name).with_context(|| format!("there is no {of}.{name}"))?;
    let old = item.as_value_mut().with_context(|| format!("{of}.{name} is no value"))?;
    let decor = old.decor().clone();
    *old = new.into();
    *old.decor_mut() = decor;
    Ok(())
}

fn add(document: &mut DocumentMut, to: &str, name: &str, new: &str) -> anyhow::Result<()> {
    table(document, to)?.insert(name, value(new));
    Ok(())
}

fn table<'d>(document: &'d mut DocumentMut, name: &str) -> anyhow::Result<&'d mut toml_edit::Table> {
    document.get_mut(name).and_then(Item::as_table_mut).with_context(|| format!("there is no [{name}]"))
}
