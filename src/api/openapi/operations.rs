//! What is said of each route beside who may use it: what it does, takes and gives.

use utoipa::openapi::ComponentsBuilder;

use super::problems;
use crate::api::routes::Route;
use crate::api::{answers, by_hand, control, notices, promotion, prune, sources, subjects, tokens};

/// What is said of a route.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    /// In a sentence.
    pub(super) does: &'static str,
    pub(super) takes: Takes,
    pub(super) gives: Gives,
}

/// What a request has beside its path.
#[derive(Debug, Clone, Copy)]
pub(super) enum Takes {
    Nothing,
    /// These parameters, each with what it is.
    Query(&'static [(&'static str, &'static str)]),
    /// A document of this schema.
    Json(&'static str),
    /// Whatever a source's kind sends.
    Anything,
}

/// What the answer is when all is well.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gives {
    /// A document.
    Json(&'static str),
    /// Something else, of one of these media types.
    File(&'static [&'static str], &'static str),
    /// What the source's kind wants to be answered.
    AsItsKindHasIt(&'static str),
}

impl Gives {
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Json(what) | Self::File(_, what) | Self::AsItsKindHasIt(what) => what,
        }
    }
}

/// The filters of a search.
const FILTERS: &[(&str, &str)] = &[
    ("since", "From this moment on (RFC 3339, or a day)."),
    ("until", "Before this moment."),
    ("kind", "The kind of record."),
    ("account", "A person, by any name: kind and value, as `email:zhang@example.com`."),
    ("user_id", "An account, by its userid."),
    ("source", "The source."),
    ("rule", "The rule's id or title."),
    ("version", "A rule's version."),
    ("incident", "The incident's id."),
    ("alert", "The alert's id."),
    ("verdict", "What became of an alert."),
    ("reason", "A code of a reason."),
    ("step", "The kind of step."),
    ("outcome", "How a step or an incident came out."),
    ("actor", "Who did it."),
    ("text", "Words of the fields that are kept in the clear."),
    ("limit", "How many records at most."),
    ("cursor", "Where the page begins, as the one before says."),
];
const PAGE: &[(&str, &str)] = &[("from", "The first record."), ("limit", "How many at most.")];
const TIMES: &[(&str, &str)] = &[("since", "From this moment on."), ("until", "Before this moment.")];
const EXPORTED: &[(&str, &str)] = &[
    ("format", "jsonl, csv or ocsf."),
    ("from", "The first record."),
    ("to", "The record before which it ends."),
    ("since", "From this moment on."),
    ("until", "Before this moment."),
];

const fn said(does: &'static str, takes: Takes, gives: Gives) -> Said {
    Said { does, takes, gives }
}

const fn reads(does: &'static str, gives: &'static str) -> Said {
    said(does, Takes::Nothing, Gives::Json(gives))
}

const fn decides(does: &'static str, takes: &'static str, gives: &'static str) -> Said {
    said(does, Takes::Json(takes), Gives::Json(gives))
}

impl Said {
    /// What is said of this route. One that is missing here is found by a test.
    pub(super) fn of(route: &Route) -> Self {
        let path = route.path;
        of_people(path).or_else(|| of_trail(path)).unwrap_or_else(|| match path {
            "/v1/alerts/{source}" | "/v1/alerts/{source}/{secret}" => said(
                "Delivers alerts in the form of the source's kind.",
                Takes::Anything,
                Gives::AsItsKindHasIt("A receipt with the ids of what is recorded, or what the sender wants to hear."),
            ),
            "/healthz" => reads("Says whether the process lives.", "That it does."),
            "/readyz" => reads("Says whether it can do its work.", "What there is to say about that."),
            "/v1/openapi.json" => reads("Gives this document.", "This document."),
            "/v1/rules" => reads("Lists the rules in force and what is wrong with those in the folder.", "The rules."),
            "/v1/rules/reload" => reads("Puts the rules of the folder into force.", "What came of it."),
            "/v1/rules/{id}/promote" => {
                decides("Lets a rule act that has only watched.", "RulePromotion", "The evidence it was let act on.")
            }
            "/v1/rules/{id}/dispute" => {
                decides("Says that a rule that only watches matched wrongly.", "RuleDispute", "That it is recorded.")
            }
            "/v1/sources" => reads("Lists the senders and what was last heard of them.", "The senders."),
            "/v1/sources/{source}" => reads("Says what was last heard of a sender.", "The sender."),
            "/v1/sources/{source}/test" => {
                decides("Verifies and shows deliveries for some minutes without acting.", "SourceTrial", "Until when.")
            }
            "/v1/doctor" => reads("Says what the doctor has last found.", "The findings."),
            "/v1/doctor/run" => said(
                "Has the doctor look now.",
                Takes::Query(&[("send", "Whether each channel is sent a trial: true or false.")]),
                Gives::Json("The findings so far."),
            ),
            _ => said("", Takes::Nothing, Gives::Json("")),
        })
    }
}

/// What live incidents are asked for with.
const LIVE: [(&str, &str); 3] = [
    ("held", "Only those that wait for a human."),
    ("from", "The record behind which the page begins: `next` of the page before."),
    ("limit", "The most that are given."),
];

fn of_people(path: &str) -> Option<Said> {
    Some(match path {
        "/v1/incidents/{id}" => reads("Shows an incident with its steps and records.", "The incident."),
        "/v1/incidents/{id}/pack" => said(
            "Gives all of an incident as evidence, to be checked without us.",
            Takes::Nothing,
            Gives::File(&["application/zip"], "The pack."),
        ),
        "/v1/incidents" => {
            decides("Opens an incident by hand.", "IncidentByHand", "Which it is, and whether it was there.")
        }
        "/v1/live-incidents" => {
            said("Lists the incidents that are not closed.", Takes::Query(&LIVE), Gives::Json("A page of incidents."))
        }
        "/v1/containments" => reads("Lists who is contained now.", "The containments."),
        "/v1/held-alerts" => reads("Lists what rules wanted to act on and no incident waits for.", "The alerts."),
        "/v1/pause" => decides("Stops all actions, or those of a source or a rule.", "Steering", "How it is then."),
        "/v1/resume" => decides("Lets actions run again.", "Steering", "How it is then."),
        "/v1/breaker/release" => decides("Releases a breaker that has tripped.", "Steering", "How it is then."),
        "/v1/incidents/{id}/approve" => {
            decides("Lets an incident go on that waits for a human.", "IncidentAnswer", "What it has come to.")
        }
        "/v1/incidents/{id}/dismiss" => {
            decides("Says that nothing is to be done.", "IncidentAnswer", "Which incident.")
        }
        "/v1/incidents/{id}/hold" => {
            decides("Holds an incident until somebody lets it go on.", "IncidentAnswer", "Which incident.")
        }
        "/v1/incidents/{id}/extend" => {
            decides("Keeps an account disabled for longer than its plan says.", "IncidentExtension", "Which incident.")
        }
        "/v1/incidents/{id}/release" => decides(
            "Gives an account back before its time.",
            "IncidentAnswer",
            "What still keeps it, if anything does.",
        ),
        "/v1/directory" => reads("Says how far the organization has been read.", "Numbers only."),
        "/v1/directory/people" => said(
            "Lists who has a role, is in a department, or has a mail address or job number.",
            Takes::Query(&[
                ("role", "The role's name."),
                ("department", "The department's id."),
                ("email", "The address."),
                ("job_number", "The number."),
            ]),
            Gives::Json("Their ids."),
        ),
        "/v1/directory/sync" => reads("Has the organization read now.", "How far it is."),
        "/v1/subjects/find" => {
            decides("Says which names belong to a person.", "Subject", "The names and how much there is.")
        }
        "/v1/subjects/export" => decides("Gives all that is kept on a person.", "SubjectExport", "A page of records."),
        "/v1/subjects/erase" => {
            decides("Makes what is kept on a person unreadable.", "SubjectErasure", "In how many records.")
        }
        "/v1/tokens" => reads("Lists the tokens, without their secrets.", "The tokens."),
        "/v1/tokens/issue" => decides("Gives out a token, which is shown this once.", "TokenWanted", "The token."),
        "/v1/tokens/{name}/revoke" => decides("Takes a token back.", "Reason", "Which one."),
        "/v1/notices" => reads("Says what people are still to be told, and what was given up.", "The channels."),
        "/v1/notices/replay" => {
            decides("Has notices sent again that were given up.", "NoticesReplay", "How many are sent again.")
        }
        _ => return None,
    })
}

fn of_trail(path: &str) -> Option<Said> {
    Some(match path {
        "/v1/trail" => said("Lists records as they are kept.", Takes::Query(PAGE), Gives::Json("A page of records.")),
        "/v1/trail/search" => {
            said("Finds records, newest first.", Takes::Query(FILTERS), Gives::Json("A page of records."))
        }
        "/v1/trail/reports/{name}" => {
            said("Makes a report that auditors ask for.", Takes::Query(TIMES), Gives::Json("The report."))
        }
        "/v1/trail/export" => said(
            "Gives a range of sealed records as a file.",
            Takes::Query(EXPORTED),
            Gives::File(&["application/x-ndjson", "text/csv"], "The records, in the format that is asked for."),
        ),
        "/v1/trail/stream" => said(
            "Gives every record as soon as it is durable, in order and without gaps.",
            Takes::Query(&[("from", "The first record.")]),
            Gives::File(&["application/x-ndjson"], "A record a line, for as long as the connection is there."),
        ),
        "/v1/trail/records/{seq}" => reads("Gives one record, byte for byte as it was hashed.", "The record."),
        "/v1/trail/records/{seq}/proof" => said(
            "Gives the proof that a record is in the log.",
            Takes::Nothing,
            Gives::File(&["text/plain; charset=utf-8"], "A C2SP tlog-proof."),
        ),
        "/v1/trail/anchors" => reads("Says how far the trail is kept beside itself.", "The anchors."),
        "/v1/trail/forwards" => reads("Says how far records are forwarded.", "The receivers."),
        "/v1/trail/consistency" => said(
            "Proves that the log only grew.",
            Takes::Query(&[("from", "The older size."), ("to", "The newer size; without it that of the checkpoint.")]),
            Gives::Json("The proof."),
        ),
        "/v1/trail/prune" => {
            decides("Has old records dropped; their hashes stay.", "TrailPrune", "Below which record.")
        }
        "/v1/trail/log/{file}*" => said(
            "Gives a file of the log (c2sp.org/tlog-tiles).",
            Takes::Nothing,
            Gives::File(&["application/octet-stream"], "The file."),
        ),
        _ => return None,
    })
}

/// Every schema that is named.
pub(super) fn schemas(components: ComponentsBuilder) -> ComponentsBuilder {
    components
        .schema_from::<answers::Said>()
        .schema_from::<answers::Extended>()
        .schema_from::<by_hand::Named>()
        .schema_from::<by_hand::Wanted>()
        .schema_from::<control::Why>()
        .schema_from::<notices::Wanted>()
        .schema_from::<promotion::Wanted>()
        .schema_from::<promotion::Objection>()
        .schema_from::<prune::Prune>()
        .schema_from::<sources::Wanted>()
        .schema_from::<subjects::Person>()
        .schema_from::<subjects::Given>()
        .schema_from::<subjects::Export>()
        .schema_from::<subjects::Erase>()
        .schema_from::<tokens::Wanted>()
        .schema_from::<tokens::Why>()
        .schema("Problem", problems::schema())
}
