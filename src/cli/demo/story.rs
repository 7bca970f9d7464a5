//! Tells the demo's story and checks every claim it makes.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::StatusCode;

use super::delivery::{Answer, Delivery};
use super::screen::Screen;
use super::stage::{PERSON, Stage, USER_ID};
use crate::incident::{AccountWarning, Event, IncidentId, StepState};
use crate::sandbox::{AccountState, Api};
use crate::trail::audit::{self, Keys};
use crate::trail::{Record, verify};

/// The story is cut short if containment takes longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Records shown at a time.
const PAGE: usize = 256;

/// Tells it; an error says which claim was not true.
pub(super) async fn tell(stage: &Stage, screen: &Screen) -> anyhow::Result<()> {
    let mut claims = Claims::default();
    introduce(stage, screen);
    let delivery = stage.delivery()?;
    let before = stage.sandbox().account(USER_ID).context("the sandbox has no such account")?;
    let incident = deliver(stage, screen, &delivery, &mut claims).await?;
    if let Some(incident) = &incident {
        watch(stage, screen, incident, &mut claims).await?;
    }
    show_the_employee(stage, screen, &before, &mut claims);
    repeat(stage, screen, &delivery, &mut claims).await?;
    forge(stage, screen, &delivery, &mut claims).await?;
    show_the_trail(stage, screen, &mut claims)?;
    show_the_log(stage, screen, &mut claims).await?;
    claims.conclude(screen)
}

/// What had to be true.
#[derive(Default)]
struct Claims(Vec<(bool, &'static str)>);

impl Claims {
    fn claim(&mut self, is_true: bool, text: &'static str) {
        self.0.push((is_true, text));
    }

    fn conclude(self, screen: &Screen) -> anyhow::Result<()> {
        screen.heading("What had to be true");
        for (is_true, text) in &self.0 {
            screen.check(*is_true, text);
        }
        let broken = self.0.iter().filter(|(is_true, _)| !is_true).count();
        anyhow::ensure!(broken == 0, "{broken} of {} claims of the demo are not true", self.0.len());
        Ok(())
    }
}

fn introduce(stage: &Stage, screen: &Screen) {
    screen.heading("Portcullis: from a signed alert to a contained account");
    screen.pair("Portcullis", stage.app().url());
    screen.pair("DingTalk sandbox", stage.sandbox_url());
    let loaded = stage.app().rules().now();
    screen.pair("rules", format!("{} ({})", loaded.set.all_rules().count(), loaded.set.digest().short(12)));
    if let Some(account) = stage.sandbox().account(USER_ID) {
        screen.pair("account", format!("{USER_ID}, {}", state_of(&account)));
    }
}

async fn deliver(
    stage: &Stage,
    screen: &Screen,
    delivery: &Delivery,
    claims: &mut Claims,
) -> anyhow::Result<Option<IncidentId>> {
    screen.heading("1. Okta reports a high risk, a gateway signs it (Standard Webhooks)");
    screen.line(format!("user.risk.detect about {PERSON}, {} bytes", delivery.body.len()));
    let answer = delivery.send(&stage.client, &stage.alerts_url()).await?;
    show_answer(screen, &answer);
    claims.claim(answer.status == StatusCode::ACCEPTED, "the signed alert was recorded and answered 202");
    let incident = answer.body.pointer("/alerts/0/incidents/0").and_then(|id| id.as_str());
    let incident = incident.map(IncidentId::parse).transpose()?;
    claims.claim(incident.is_some(), "a rule matched and opened an incident");
    Ok(incident)
}

/// Shows the incident's records as they come, until the account is contained.
async fn watch(stage: &Stage, screen: &Screen, id: &IncidentId, claims: &mut Claims) -> anyhow::Result<()> {
    screen.heading("2. Portcullis acts: the intent is on the trail before each call, the outcome after it");
    let mut changes = stage.app().trail().changes();
    let mut next = 0;
    let contained = async {
        loop {
            changes.mark_unchanged();
            next = show_new_records(stage, screen, next)?;
            if is_settled(stage, id) {
                return anyhow::Ok(());
            }
            changes.changed().await?;
        }
    };
    if tokio::time::timeout(PATIENCE, contained).await.is_err() {
        screen.line("the account was not contained in time");
    }
    claim_steps(stage, id, claims);
    screen.heading("3. What DingTalk received");
    for call in stage.sandbox().calls() {
        let outcome = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        screen.line(format!("{} {} → {outcome}", call.method, call.path));
    }
    Ok(())
}

fn is_settled(stage: &Stage, id: &IncidentId) -> bool {
    stage.app().trail().board(|board| {
        board
            .live(id)
            .is_none_or(|live| live.incident.is_containing() || live.incident.status != crate::incident::Status::Open)
    })
}

fn show_new_records(stage: &Stage, screen: &Screen, from: u64) -> anyhow::Result<u64> {
    let mut next = from;
    for record in stage.app().trail().read(from, PAGE)? {
        next = record.seq + 1;
        screen.line(summary(&record));
    }
    Ok(next)
}

fn claim_steps(stage: &Stage, id: &IncidentId, claims: &mut Claims) {
    let steps = stage.app().trail().board(|board| board.live(id).map(|live| live.incident.steps.clone()));
    let steps = steps.unwrap_or_default();
    claims.claim(matches!(steps.first(), Some(StepState::Claimed { .. })), "DingTalk confirmed the sign-out");
    claims.claim(
        matches!(steps.get(1), Some(StepState::Verified { .. })),
        "DingTalk confirmed the disable, and reading the account back verified it",
    );
    let order: Vec<Api> = stage.sandbox().calls().iter().filter(|call| call.work_done).map(|call| call.api).collect();
    let place = |api| order.iter().position(|done| *done == api);
    claims.claim(
        place(Api::SignOut).is_some() && place(Api::SignOut) < place(Api::Disable),
        "the sign-out came first, then the disable",
    );
}

fn show_the_employee(stage: &Stage, screen: &Screen, before: &AccountState, claims: &mut Claims) {
    screen.heading("4. What the employee saw, and the account now");
    let Some(account) = stage.sandbox().account(USER_ID) else { return };
    let notice = account.last_sign_out.as_ref();
    for locale in ["zh_CN", "en_US"] {
        let text = notice.and_then(|notice| notice.texts.get(locale));
        screen.pair(locale, text.map_or("(nothing)", String::as_str));
    }
    screen.pair("in all", format!("{} languages", notice.map_or(0, |notice| notice.texts.len())));
    screen.pair("admin's log", account.disable_reason.as_deref().unwrap_or("(nothing)"));
    screen.pair("account before", state_of(before));
    screen.pair("account now", state_of(&account));
    let localised =
        notice.is_some_and(|notice| notice.texts.len() == 15 && notice.texts.values().all(|text| !text.is_empty()));
    claims.claim(localised, "the sign-out carried the reason in all 15 languages");
    claims.claim(account.sessions == 0 && account.sign_outs == 1, "the sandbox shows the account signed out, once");
    claims.claim(account.disabled && !before.disabled, "the sandbox shows the account disabled");
}

async fn repeat(stage: &Stage, screen: &Screen, delivery: &Delivery, claims: &mut Claims) -> anyhow::Result<()> {
    screen.heading("5. The same delivery again");
    let before = (stage.sandbox().calls().len(), stage.app().trail().head());
    let answer = delivery.send(&stage.client, &stage.alerts_url()).await?;
    show_answer(screen, &answer);
    claims.claim(answer.status == StatusCode::OK, "the repeat was answered 200 as known");
    let after = (stage.sandbox().calls().len(), stage.app().trail().head());
    claims.claim(after == before, "the repeat acted on nothing and recorded nothing");
    Ok(())
}

async fn forge(stage: &Stage, screen: &Screen, delivery: &Delivery, claims: &mut Claims) -> anyhow::Result<()> {
    screen.heading("6. A forged delivery: the signature of another body");
    let before = (stage.sandbox().calls().len(), stage.app().trail().head());
    let answer = delivery.forged().send(&stage.client, &stage.alerts_url()).await?;
    show_answer(screen, &answer);
    claims.claim(answer.status == StatusCode::UNAUTHORIZED, "the forgery was refused with 401");
    let after = (stage.sandbox().calls().len(), stage.app().trail().head());
    claims.claim(after == before, "the forgery caused no call and no record");
    Ok(())
}

fn show_the_trail(stage: &Stage, screen: &Screen, claims: &mut Claims) -> anyhow::Result<()> {
    screen.heading("7. The trail");
    show_new_records(stage, screen, 0)?;
    let verified = verify(stage.app().trail().store(), |_| {});
    match &verified {
        Ok(report) => screen.line(format!("verified: {} records, Merkle root {}", report.size, report.root)),
        Err(fault) => screen.line(format!("not verified: {fault}")),
    }
    claims.claim(verified.is_ok(), "the trail verifies: dense, unchanged, root recomputed");
    Ok(())
}

/// Everything there is by now is signed within a second, and whoever has the folder and the key can check it.
async fn show_the_log(stage: &Stage, screen: &Screen, claims: &mut Claims) -> anyhow::Result<()> {
    screen.heading("8. Its log, as an auditor checks it: from files and a public key alone");
    let (log, size) = (stage.app().log().clone(), stage.app().trail().head().size);
    let mut sealed = log.sealed;
    let is_sealed = sealed.wait_for(|sealed| sealed.checkpoint().is_some_and(|checkpoint| checkpoint.size >= size));
    tokio::time::timeout(PATIENCE, is_sealed).await.context("the log was not sealed in time")??;
    let key = std::fs::read_to_string(log.folder.join("vkey"))?;
    let keys = Keys::parse(&key)?;
    let verified = tokio::task::spawn_blocking(move || audit::verify(&log.folder, &keys, &[], |_| ())).await?;
    screen.pair("public key", key.trim_end());
    match &verified {
        Ok(report) => screen.line(format!("verified: {} records under a signed checkpoint", report.size)),
        Err(fault) => screen.line(format!("not verified: {fault}")),
    }
    claims.claim(
        verified.is_ok_and(|report| report.size >= size),
        "every record is under a signed checkpoint, and the log verifies without the store",
    );
    Ok(())
}

fn show_answer(screen: &Screen, answer: &Answer) {
    screen.line(format!("→ {} in {:.1} ms", answer.status, answer.took.as_secs_f64() * 1_000.0));
    screen.line(format!("  {}", answer.body));
}

fn state_of(account: &AccountState) -> String {
    let disabled = if account.disabled { "disabled" } else { "enabled" };
    format!("{} sessions, {disabled}", account.sessions)
}

/// One record as a line for people.
fn summary(record: &Record) -> String {
    let what = match &record.event {
        Event::AlertAdmitted { verdict, .. } => {
            let rules: Vec<_> = verdict.decisions.iter().map(|decision| decision.rule.title.as_str()).collect();
            format!("{:?}: {}", verdict.kind, rules.join(", ")).to_lowercase()
        }
        Event::AccountResolved { user_id, evidence, .. } => format!("{user_id}, by {:?}", evidence.by),
        Event::AccountWarned { warning: AccountWarning::OwnsOrganizations { count, .. }, .. } => {
            format!("it owns {count} other organizations")
        }
        Event::AccountWarned { warning: AccountWarning::FoundEnabled { .. }, .. } => {
            "somebody else has enabled it".to_owned()
        }
        Event::StepStarted { step, attempt, .. } => format!("step {}, attempt {attempt}", step + 1),
        Event::StepSucceeded { step, finding, .. } => format!("step {}: {finding:?}", step + 1),
        Event::StepVerified { step, disabled: Some(disabled), .. } => {
            format!("step {}: disabled is {disabled}", step + 1)
        }
        Event::StepFailed { step, failure, .. } | Event::StepUnknown { step, failure, .. } => {
            format!("step {}: {failure}", step + 1)
        }
        Event::IncidentHeld { reason, .. } => reason.text().to_owned(),
        Event::IncidentClosed { outcome, .. } => format!("{outcome:?}").to_lowercase(),
        Event::SystemStarted { rules, .. } => format!("rule set {}", rules.short(12)),
        Event::RulesLoaded { count, by, .. } => format!("{count} rules, by {by:?}").to_lowercase(),
        _ => String::new(),
    };
    let time = record.at.strftime("%H:%M:%S.%3f");
    format!("{:>3}  {time}  {:<17} {what}", record.seq, record.event.kind())
}
