//! The table of routes: what is answered where, by whom, to whom.

use actix_web::HttpResponse;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

use super::{
    Problem, alerts, anchors, answers, by_hand, containments, control, directory, doctor, forwards, health,
    held_alerts, incidents, live, notices, once, openapi, pack, people, promotion, prune, reports, rules, search,
    sources, subjects, tokens, trail, trail_export, trail_log, trail_stream,
};
use crate::access::Permission;
use crate::intake;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Anybody.
    Open,
    /// Senders, by what they prove.
    Signature,
    /// Holders of a token with this permission.
    Token(Permission),
}

/// One route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Its methods, as the header `Allow` lists them. A sender's delivery has two, where every other route has one.
    pub methods: &'static str,
    /// Its path; `{}` names a part.
    pub path: &'static str,
    /// Who may use it.
    pub gate: Gate,
}

/// How a delivery comes.
pub(super) const DELIVER: &str = intake::DELIVERED_BY;

/// Every route of the API. Tests walk this list, so that none can be forgotten.
pub const ROUTES: &[Route] = &[
    Route { methods: DELIVER, path: "/v1/alerts/{source}", gate: Gate::Signature },
    Route { methods: DELIVER, path: "/v1/alerts/{source}/{secret}", gate: Gate::Signature },
    Route { methods: "GET", path: "/healthz", gate: Gate::Open },
    Route { methods: "GET", path: "/readyz", gate: Gate::Open },
    Route { methods: "GET", path: "/v1/openapi.json", gate: Gate::Open },
    Route { methods: "GET", path: "/v1/incidents/{id}", gate: Gate::Token(Permission::ReadIncidents) },
    Route { methods: "GET", path: "/v1/incidents/{id}/pack", gate: Gate::Token(Permission::ReadTrail) },
    Route { methods: "POST", path: "/v1/incidents", gate: Gate::Token(Permission::Control) },
    Route { methods: "GET", path: "/v1/live-incidents", gate: Gate::Token(Permission::ReadIncidents) },
    Route { methods: "GET", path: "/v1/containments", gate: Gate::Token(Permission::ReadIncidents) },
    Route { methods: "GET", path: "/v1/held-alerts", gate: Gate::Token(Permission::ReadIncidents) },
    Route { methods: "GET", path: "/v1/trail", gate: Gate::Token(Permission::ReadTrail) },
    Route { methods: "GET", path: "/v1/trail/search", gate: Gate::Token(Permission::ReadTrail) },
    Route { methods: "GET", path: "/v1/trail/reports/{name}", gate: Gate::Token(Permission::ReadTrail) },
    Route { methods: "GET", path: "/v1/trail/export", gate: Gate::Token(Permission::ReadTrail) },
    Route { methods: "GET", path: "/v1/trail/stream", gate: Gate::Token(Permission::ReadTrail) },
    Route { methods: "GET", path: "/v1/trail/records/{seq}", gate: Gate::Token(Permission::ReadTrail) },
    Route { methods: "GET", path: "/v1/trail/records/{seq}/proof", gate: Gate::Token(Permission::ReadTrail) },
    Route { methods: "GET", path: "/v1/trail/anchors", gate: Gate::Token(Permission::ReadTrail) },
    Route { methods: "GET", path: "/v1/trail/forwards", gate: Gate::Token(Permission::ReadTrail) },
    Route { methods: "GET", path: "/v1/trail/consistency", gate: Gate::Token(Permission::ReadTrail) },
    Route { methods: "POST", path: "/v1/trail/prune", gate: Gate::Token(Permission::PruneTrail) },
    Route { methods: "GET", path: "/v1/trail/log/{file}*", gate: Gate::Token(Permission::ReadTrail) },
    Route { methods: "POST", path: "/v1/pause", gate: Gate::Token(Permission::Control) },
    Route { methods: "POST", path: "/v1/resume", gate: Gate::Token(Permission::Control) },
    Route { methods: "POST", path: "/v1/breaker/release", gate: Gate::Token(Permission::Control) },
    Route { methods: "GET", path: "/v1/rules", gate: Gate::Token(Permission::ReadRules) },
    Route { methods: "POST", path: "/v1/rules/reload", gate: Gate::Token(Permission::LoadRules) },
    Route { methods: "POST", path: "/v1/rules/{id}/promote", gate: Gate::Token(Permission::PromoteRules) },
    Route { methods: "POST", path: "/v1/rules/{id}/dispute", gate: Gate::Token(Permission::Control) },
    Route { methods: "GET", path: "/v1/sources", gate: Gate::Token(Permission::ReadSources) },
    Route { methods: "GET", path: "/v1/sources/{source}", gate: Gate::Token(Permission::ReadSources) },
    Route { methods: "POST", path: "/v1/sources/{source}/test", gate: Gate::Token(Permission::TrySources) },
    Route { methods: "POST", path: "/v1/incidents/{id}/approve", gate: Gate::Token(Permission::Control) },
    Route { methods: "POST", path: "/v1/incidents/{id}/dismiss", gate: Gate::Token(Permission::Control) },
    Route { methods: "POST", path: "/v1/incidents/{id}/hold", gate: Gate::Token(Permission::Control) },
    Route { methods: "POST", path: "/v1/incidents/{id}/extend", gate: Gate::Token(Permission::Control) },
    Route { methods: "POST", path: "/v1/incidents/{id}/release", gate: Gate::Token(Permission::Control) },
    Route { methods: "GET", path: "/v1/directory", gate: Gate::Token(Permission::ReadDirectory) },
    Route { methods: "GET", path: "/v1/directory/people", gate: Gate::Token(Permission::LookUpPeople) },
    Route { methods: "POST", path: "/v1/directory/sync", gate: Gate::Token(Permission::SyncDirectory) },
    Route { methods: "POST", path: "/v1/subjects/find", gate: Gate::Token(Permission::ReadPersonal) },
    Route { methods: "POST", path: "/v1/subjects/export", gate: Gate::Token(Permission::ReadPersonal) },
    Route { methods: "POST", path: "/v1/subjects/erase", gate: Gate::Token(Permission::ErasePersonal) },
    Route { methods: "GET", path: "/v1/tokens", gate: Gate::Token(Permission::ManageTokens) },
    Route { methods: "POST", path: "/v1/tokens/issue", gate: Gate::Token(Permission::ManageTokens) },
    Route { methods: "POST", path: "/v1/tokens/{name}/revoke", gate: Gate::Token(Permission::ManageTokens) },
    Route { methods: "GET", path: "/v1/doctor", gate: Gate::Token(Permission::ReadDoctor) },
    Route { methods: "POST", path: "/v1/doctor/run", gate: Gate::Token(Permission::RunDoctor) },
    Route { methods: "GET", path: "/v1/notices", gate: Gate::Token(Permission::ReadIncidents) },
    Route { methods: "POST", path: "/v1/notices/replay", gate: Gate::Token(Permission::Control) },
];

/// Adds the routes to a server, each answering other methods with 405.
pub fn mount(config: &mut ServiceConfig) {
    for route in ROUTES {
        match once::permission(route) {
            Some(permission) => {
                let once = from_fn(move |request, next| once::answered_once(permission, request, next));
                config.service(resource(route).wrap(once))
            }
            None => config.service(resource(route)),
        };
    }
    config.default_service(web::to(|| async { Problem::NotFound.response() }));
}

fn resource(route: &Route) -> actix_web::Resource {
    let allow = route.methods;
    let handler = match (route.methods, route.path) {
        (DELIVER, "/v1/alerts/{source}" | "/v1/alerts/{source}/{secret}") => {
            let handlers = [web::post(), web::put()].map(|method| method.to(alerts::receive));
            let resource = handlers.into_iter().fold(web::resource(route.path), actix_web::Resource::route);
            // Some senders ask first whether we are there.
            return resource.default_service(web::to(alerts::greet));
        }
        ("GET", "/healthz") => web::get().to(health::alive),
        ("GET", "/readyz") => web::get().to(health::ready),
        ("GET", "/v1/openapi.json") => web::get().to(openapi::serve),
        ("GET", "/v1/incidents/{id}") => web::get().to(incidents::show),
        ("GET", "/v1/incidents/{id}/pack") => web::get().to(pack::give),
        ("POST", "/v1/incidents") => web::post().to(by_hand::open),
        ("GET", "/v1/live-incidents") => web::get().to(live::list),
        ("GET", "/v1/containments") => web::get().to(containments::list),
        ("GET", "/v1/held-alerts") => web::get().to(held_alerts::list),
        ("GET", "/v1/trail") => web::get().to(trail::list),
        ("GET", "/v1/trail/search") => web::get().to(search::list),
        ("GET", "/v1/trail/reports/{name}") => web::get().to(reports::show),
        ("GET", "/v1/trail/export") => web::get().to(trail_export::export),
        ("GET", "/v1/trail/stream") => web::get().to(trail_stream::stream),
        ("GET", "/v1/trail/records/{seq}") => web::get().to(trail_log::record),
        ("GET", "/v1/trail/records/{seq}/proof") => web::get().to(trail_log::proof),
        ("GET", "/v1/trail/anchors") => web::get().to(anchors::list),
        ("GET", "/v1/trail/forwards") => web::get().to(forwards::list),
        ("GET", "/v1/trail/consistency") => web::get().to(trail_log::grown),
        ("POST", "/v1/trail/prune") => web::post().to(prune::prune),
        ("GET", "/v1/trail/log/{file}*") => web::get().to(trail_log::file),
        ("GET", "/v1/rules") => web::get().to(rules::list),
        ("POST", "/v1/rules/reload") => web::post().to(rules::reload),
        ("POST", "/v1/rules/{id}/promote") => web::post().to(promotion::promote),
        ("POST", "/v1/rules/{id}/dispute") => web::post().to(promotion::dispute),
        ("POST", "/v1/pause") => web::post().to(control::pause),
        ("POST", "/v1/breaker/release") => web::post().to(control::release_breaker),
        ("POST", "/v1/resume") => web::post().to(control::resume),
        ("GET", "/v1/sources") => web::get().to(sources::list),
        ("GET", "/v1/sources/{source}") => web::get().to(sources::show),
        ("POST", "/v1/sources/{source}/test") => web::post().to(sources::test),
        ("POST", "/v1/incidents/{id}/approve") => web::post().to(answers::approve),
        ("POST", "/v1/incidents/{id}/dismiss") => web::post().to(answers::dismiss),
        ("POST", "/v1/incidents/{id}/hold") => web::post().to(answers::hold),
        ("POST", "/v1/incidents/{id}/extend") => web::post().to(answers::extend),
        ("POST", "/v1/incidents/{id}/release") => web::post().to(answers::release),
        ("GET", "/v1/directory") => web::get().to(directory::show),
        ("GET", "/v1/directory/people") => web::get().to(people::list),
        ("POST", "/v1/directory/sync") => web::post().to(directory::sync),
        ("POST", "/v1/subjects/find") => web::post().to(subjects::find),
        ("POST", "/v1/subjects/export") => web::post().to(subjects::export),
        ("POST", "/v1/subjects/erase") => web::post().to(subjects::erase),
        ("GET", "/v1/tokens") => web::get().to(tokens::list),
        ("POST", "/v1/tokens/issue") => web::post().to(tokens::issue),
        ("POST", "/v1/tokens/{name}/revoke") => web::post().to(tokens::revoke),
        ("GET", "/v1/doctor") => web::get().to(doctor::show),
        ("POST", "/v1/doctor/run") => web::post().to(doctor::examine),
        ("GET", "/v1/notices") => web::get().to(notices::list),
        ("POST", "/v1/notices/replay") => web::post().to(notices::replay),
        // A row without a handler answers 404, which the test that walks the table finds.
        _ => web::to(|| async { Problem::NotFound.response() }),
    };
    web::resource(route.path).route(handler).default_service(web::to(move || async move { method_not_allowed(allow) }))
}

fn method_not_allowed(allow: &'static str) -> HttpResponse {
    Problem::MethodNotAllowed(allow).response()
}
