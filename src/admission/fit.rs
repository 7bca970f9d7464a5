//! Keeps what is to be recorded of an alert within the size of a record: nothing of what is to be done is
//! left out, and of what is only told the weakest first.

use std::io;

use serde::Serialize;

use crate::incident::{Opened, Verdict};
use crate::trail::EVENT_BYTES_MAX;

/// `,"opened":[]`
const FRAME_BYTES: usize = 12;

/// Characters of an author's name that are left when there is room for no more.
const AUTHOR_CHARS: usize = 64;

/// Leaves out of the verdict what a record has no room for, the weakest decisions, and of the last one most of
/// the names of what matched and the end of a long author. `bytes` is what all the rest of the record comes to.
pub(super) fn shorten(verdict: &mut Verdict, bytes: usize) {
    let is_too_long = |verdict: &Verdict| bytes + size(verdict) > EVENT_BYTES_MAX;
    while verdict.decisions.len() > 1 && is_too_long(verdict) {
        verdict.decisions.pop();
        verdict.decisions_left_out += 1;
    }
    if is_too_long(verdict)
        && let Some(last) = verdict.decisions.last_mut()
    {
        last.matched.truncate(1);
        last.author = last.author.take().map(|author| author.chars().take(AUTHOR_CHARS).collect());
    }
}

/// Parts the incidents into those that fit on the first record, which has `bytes` without them, and those
/// for each record behind it, which has `bytes_behind`. Their order stays.
pub(super) fn part(opened: Vec<Opened>, bytes: usize, bytes_behind: usize) -> (Vec<Opened>, Vec<Vec<Opened>>) {
    let mut first = Vec::new();
    let mut behind: Vec<Vec<Opened>> = Vec::new();
    let mut room = EVENT_BYTES_MAX.saturating_sub(bytes + FRAME_BYTES);
    for opened in opened {
        // With the comma.
        let wanted = size(&opened) + 1;
        if wanted > room {
            behind.push(Vec::new());
            room = EVENT_BYTES_MAX.saturating_sub(bytes_behind + FRAME_BYTES);
        }
        room = room.saturating_sub(wanted);
        behind.last_mut().unwrap_or(&mut first).push(opened);
    }
    (first, behind)
}

/// How many bytes of JSON a value comes to.
pub(super) fn size(value: &impl Serialize) -> usize {
    let mut written = Written(0);
    // What cannot be written as JSON is refused when it is recorded.
    let _ = serde_json::to_writer(&mut written, value);
    written.0
}

/// Counts what is written to it.
struct Written(usize);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{
        AccountKind, Action, Approval, Asked, Assurance, Beyond, ChannelName, ChosenDingTalkId, Decision, DepartmentId,
        Digest, IncidentId, Lapse, Plan, ReasonCode, Repeat, RuleId, RuleRef, SourceName, Spending, Spent, VerdictKind,
    };

    /// A rule whose title takes as many bytes as it may.
    fn rule() -> RuleRef {
        let id = RuleId::parse("5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11").unwrap();
        RuleRef { id, title: "𠀀".repeat(256), version: Digest::of(b"") }
    }

    fn notify(letter: char) -> Action {
        Action::Notify { channel: ChannelName::parse(&letter.to_string().repeat(64)).unwrap() }
    }

    fn opened(number: u64, reason: &str) -> Opened {
        let reason = reason.to_owned();
        let employee_reason = ReasonCode::parse(&"c".repeat(64)).unwrap();
        let spent = Some(Spent { hour: 20_001, day: 20_001 });
        let plan = Plan {
            incident: IncidentId::parse(&format!("inc_{number:016x}")).unwrap(),
            account_kind: AccountKind::JobNumber,
            account: "0".repeat(64),
            assurance: Assurance::A,
            assurance_floor: Assurance::B,
            rules: vec![RuleRef { title: String::new(), ..rule() }; Plan::RULES_MAX],
            actions: vec![
                Action::SignOut { reason: reason.clone(), employee_reason, wording: Digest::of(b"") },
                Action::Disable { reason },
                Action::SignOutAgain {},
                Action::ChangeDingTalkId { to: ChosenDingTalkId::parse(&"a".repeat(20)).unwrap() },
                notify('b'),
                notify('c'),
                Action::Enable { after_s: u64::MAX },
            ],
            approval: Some(Approval { people: 2, within_s: u32::MAX, otherwise: Lapse::Drop }),
            owner: Some("o".repeat(Plan::OWNER_BYTES_MAX)),
            asked_by: None,
            asker: None,
            repeat: Some(Repeat { nth: 17, within_s: 31_536_000 }),
            spending: Some(Spending {
                source: Some(SourceName::parse(&"s".repeat(64)).unwrap()),
                of_rules: vec![spent; Plan::RULES_MAX],
                of_source: spent,
                organization: spent,
                beyond: Some(Beyond {
                    asked: Asked::Planning,
                    department: Some(DepartmentId::ROOT),
                    spent: Spent { hour: 20_001, day: 20_001 },
                    per_hour: 10_000,
                    per_day: 10_000,
                    people: Some(500_000),
                }),
            }),
        };
        Opened { plan, held: None }
    }

    #[test]
    fn every_incident_is_on_one_record_in_its_order_and_every_record_has_its_size() {
        for (reason, records) in [("x".to_owned(), 8..21), ("𠀀".repeat(500), 21..22)] {
            let all: Vec<Opened> = (0..20).map(|number| opened(number, &reason)).collect();
            let (first, behind) = part(all.clone(), 6_000, 300);
            assert!(records.contains(&(1 + behind.len())), "{}", behind.len());
            assert!(6_000 + FRAME_BYTES + size(&first) <= EVENT_BYTES_MAX);
            for record in &behind {
                let bytes = 300 + FRAME_BYTES + size(record);
                assert!(!record.is_empty() && bytes <= EVENT_BYTES_MAX, "{bytes}");
            }
            assert_eq!([vec![first], behind].concat().concat(), all);
        }
        // With the titles that `RULES_BYTES_MAX` leaves room for, the largest plan there is fits by itself.
        let titles = Plan::RULES_MAX * 22;
        let largest = 300 + FRAME_BYTES + size(&opened(1, &"𠀀".repeat(500))) + titles;
        assert!(largest <= EVENT_BYTES_MAX, "{largest}");
        assert_eq!(part(vec![opened(1, "x")], 300, 300), (vec![opened(1, "x")], vec![]));
    }

    #[test]
    fn the_weakest_decisions_are_left_out_and_counted_until_the_rest_fits() {
        let kinds = [VerdictKind::Planned, VerdictKind::Held, VerdictKind::Shadow, VerdictKind::Shadow];
        let decision = |kind| Decision {
            rule: rule(),
            author: Some("𠀀".repeat(Decision::AUTHOR_CHARS_MAX)),
            kind,
            matched: vec!["m".repeat(64); 16],
            incident: None,
            reason: None,
            account: None,
        };
        let mut verdict = Verdict {
            kind: VerdictKind::Planned,
            rules: Digest::of(b""),
            decisions: kinds.map(decision).to_vec(),
            decisions_left_out: 3,
            nearest: None,
        };
        for (bytes, left, left_out) in [(500, 2, 5), (500, 2, 5), (4_000, 1, 6), (7_000, 1, 6), (EVENT_BYTES_MAX, 1, 6)]
        {
            shorten(&mut verdict, bytes);
            let last = verdict.decisions.last().unwrap();
            let is_short = last.matched.len() == 1 && last.author.as_ref().unwrap().chars().count() == AUTHOR_CHARS;
            assert_eq!(is_short, bytes > 5_000, "only what has to go goes");
            let kinds_left: Vec<VerdictKind> = verdict.decisions.iter().map(|decision| decision.kind).collect();
            assert_eq!((kinds_left.as_slice(), verdict.decisions_left_out), (&kinds[..left], left_out));
            assert!(bytes > 6_000 || bytes + size(&verdict) <= EVENT_BYTES_MAX);
        }
    }
}
