//! The pages, in one table: where each is, and who may see it or send it.

use actix_web::error::InternalError;
use actix_web::http::header::ALLOW;
use actix_web::web::{self, Data, FormConfig, Path, QueryConfig, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::reader::Reader;
use super::{
    Console, act, enter, incident, incidents, now, oidc, page, preferences, reasons, rules, settings, sign_in, sources,
    tokens, trail,
};
use crate::access::Permission;

/// The longest form, in bytes: a token and a way back, or a reason.
const FORM_BYTES_MAX: usize = 8 * 1024;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Anybody.
    Open,
    /// Whoever has signed in and has this permission; anybody else is sent to sign in.
    Session(Permission),
    /// Whoever has signed in, whatever their role.
    SignedIn,
}

/// One route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Its method.
    pub method: &'static str,
    /// Its path; `{}` names a part.
    pub path: &'static str,
    /// Who may use it.
    pub gate: Gate,
}

const fn get(path: &'static str, gate: Gate) -> Route {
    Route { method: "GET", path, gate }
}

const fn post(path: &'static str, gate: Gate) -> Route {
    Route { method: "POST", path, gate }
}

/// Every route of the pages. Tests walk this list, so that none can be forgotten.
pub const ROUTES: &[Route] = &[
    get("/", Gate::Session(Permission::ReadIncidents)),
    get("/incidents", Gate::Session(Permission::ReadIncidents)),
    get("/incidents/{id}", Gate::Session(Permission::ReadIncidents)),
    get("/incidents/{id}/pack", Gate::Session(Permission::ReadTrail)),
    get("/trail", Gate::Session(Permission::ReadTrail)),
    get("/trail/records/{seq}", Gate::Session(Permission::ReadTrail)),
    get("/trail/records/{seq}/json", Gate::Session(Permission::ReadTrail)),
    get("/trail/records/{seq}/proof", Gate::Session(Permission::ReadTrail)),
    get("/trail/reports", Gate::Session(Permission::ReadTrail)),
    get("/trail/reports/{name}", Gate::Session(Permission::ReadTrail)),
    get("/trail/export", Gate::Session(Permission::ReadTrail)),
    get("/trail/verify", Gate::Session(Permission::ReadTrail)),
    get("/trail/person", Gate::Session(Permission::ReadPersonal)),
    get("/rules", Gate::Session(Permission::ReadRules)),
    get("/rules/backtest", Gate::Session(Permission::ReadRules)),
    get("/rules/versions", Gate::Session(Permission::ReadRules)),
    get("/rules/reasons", Gate::Session(Permission::ReadRules)),
    get("/rules/reasons/{reason}", Gate::Session(Permission::ReadRules)),
    get("/rules/{id}", Gate::Session(Permission::ReadRules)),
    get("/sources", Gate::Session(Permission::ReadSources)),
    get("/sources/{name}", Gate::Session(Permission::ReadSources)),
    get("/settings", Gate::Session(Permission::ReadRules)),
    get("/preferences", Gate::Open),
    get("/sign-in", Gate::Open),
    get("/sign-in/again", Gate::SignedIn),
    get("/sign-in/first/{secret}", Gate::Open),
    get("/sign-in/oidc", Gate::Open),
    get("/sign-in/callback", Gate::Open),
    get("/console.css", Gate::Open),
    post("/preferences", Gate::Open),
    post("/sign-in", Gate::Open),
    post("/sign-in/again", Gate::SignedIn),
    post("/sign-in/first", Gate::Open),
    post("/sign-out", Gate::SignedIn),
    post("/incidents/{id}/approve", Gate::Session(Permission::Control)),
    post("/incidents/{id}/dismiss", Gate::Session(Permission::Control)),
    post("/incidents/{id}/hold", Gate::Session(Permission::Control)),
    post("/incidents/{id}/extend", Gate::Session(Permission::Control)),
    post("/incidents/{id}/release", Gate::Session(Permission::Control)),
    post("/trail/person", Gate::Session(Permission::ReadPersonal)),
    post("/trail/person/erase", Gate::Session(Permission::ErasePersonal)),
    post("/pause", Gate::Session(Permission::Control)),
    post("/resume", Gate::Session(Permission::Control)),
    post("/breaker/release", Gate::Session(Permission::Control)),
    post("/rules/backtest", Gate::Session(Permission::LoadRules)),
    post("/sources/{name}/test", Gate::Session(Permission::TrySources)),
    post("/settings/tokens", Gate::Session(Permission::ManageTokens)),
    post("/settings/tokens/revoke", Gate::Session(Permission::ManageTokens)),
];

/// Adds the pages to a server.
pub fn mount(config: &mut ServiceConfig) {
    let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let own = ROUTES.iter().filter(|route| route.path == path);
        let resource = own.clone().fold(web::resource(path), |resource, route| resource.route(handler(route)));
        let allow = own.map(|route| route.method).collect::<Vec<_>>().join(", ");
        let resource = resource.app_data(unread_form()).app_data(unread_query());
        config.service(resource.default_service(web::to(move || method_not_allowed(allow.clone()))));
    }
}

/// What is no form of ours is refused in words of ours: those of the parser say what it is made of.
fn unread_form() -> FormConfig {
    FormConfig::default().limit(FORM_BYTES_MAX).error_handler(|error, request| {
        let answer = page::unread(&Reader::of(request));
        InternalError::from_response(error, answer).into()
    })
}

fn unread_query() -> QueryConfig {
    QueryConfig::default().error_handler(|error, request| {
        let answer = page::unread(&Reader::of(request));
        InternalError::from_response(error, answer).into()
    })
}

fn handler(route: &Route) -> actix_web::Route {
    match (route.method, route.path) {
        ("GET", "/") => web::get().to(see_now),
        ("GET", "/incidents") => web::get().to(incidents::list),
        ("GET", "/incidents/{id}/pack") => web::get().to(incident::pack),
        ("GET", "/trail") => web::get().to(trail::search),
        ("GET", "/trail/records/{seq}") => web::get().to(trail::record),
        ("GET", "/trail/records/{seq}/json") => web::get().to(trail::bytes),
        ("GET", "/trail/records/{seq}/proof") => web::get().to(trail::proof),
        ("GET", "/trail/reports") => web::get().to(trail::reports),
        ("GET", "/trail/reports/{name}") => web::get().to(trail::report),
        ("GET", "/trail/export") => web::get().to(trail::export),
        ("GET", "/trail/person") => web::get().to(trail::ask),
        ("POST", "/trail/person") => web::post().to(trail::find),
        ("POST", "/trail/person/erase") => web::post().to(trail::erase),
        ("GET", "/trail/verify") => web::get().to(trail::verify),
        ("GET", "/incidents/{id}") => web::get().to(incident::show),
        ("GET", "/rules/reasons") => web::get().to(first_reason),
        ("GET", "/rules/reasons/{reason}") => web::get().to(one_reason),
        ("GET", "/rules") => web::get().to(rules::list),
        ("GET", "/rules/backtest") => web::get().to(rules::show),
        ("POST", "/rules/backtest") => web::post().to(rules::begin),
        ("GET", "/rules/versions") => web::get().to(rules::versions),
        ("GET", "/rules/{id}") => web::get().to(rules::one),
        ("GET", "/sources") => web::get().to(sources::list),
        ("GET", "/sources/{name}") => web::get().to(sources::one),
        ("GET", "/settings") => web::get().to(settings::show),
        ("GET", "/preferences") => web::get().to(preferences::show),
        ("GET", "/sign-in") => web::get().to(sign_in::show),
        ("GET", "/sign-in/again") => web::get().to(sign_in::show_again),
        ("GET", "/sign-in/first/{secret}") => web::get().to(sign_in::show_first),
        ("GET", "/sign-in/oidc") => web::get().to(oidc::leave),
        ("GET", "/sign-in/callback") => web::get().to(oidc::come_back),
        ("GET", "/console.css") => web::get().to(page::style),
        ("POST", "/preferences") => web::post().to(preferences::keep),
        ("POST", "/sign-in") => web::post().to(sign_in::with_token),
        ("POST", "/sign-in/again") => web::post().to(sign_in::again),
        ("POST", "/sign-in/first") => web::post().to(sign_in::first),
        ("POST", "/sign-out") => web::post().to(sign_in::out),
        ("POST", "/incidents/{id}/approve") => web::post().to(act::approve),
        ("POST", "/incidents/{id}/dismiss") => web::post().to(act::dismiss),
        ("POST", "/incidents/{id}/hold") => web::post().to(act::hold),
        ("POST", "/incidents/{id}/extend") => web::post().to(act::extend),
        ("POST", "/incidents/{id}/release") => web::post().to(act::release),
        ("POST", "/pause") => web::post().to(act::pause),
        ("POST", "/resume") => web::post().to(act::resume),
        ("POST", "/breaker/release") => web::post().to(act::release_breaker),
        ("POST", "/sources/{name}/test") => web::post().to(sources::try_out),
        ("POST", "/settings/tokens") => web::post().to(tokens::issue),
        ("POST", "/settings/tokens/revoke") => web::post().to(tokens::revoke),
        // A row without a handler answers 404, which the test that walks the table finds.
        _ => web::to(|| async { HttpResponse::NotFound().finish() }),
    }
}

async fn method_not_allowed(allow: String) -> HttpResponse {
    HttpResponse::MethodNotAllowed().insert_header((ALLOW, allow)).finish()
}

async fn see_now(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    match enter::to_see(&request, &console, Permission::ReadIncidents) {
        Ok(reader) => page::answer(&now::render(&console, &reader)),
        Err(away) => away.answer(),
    }
}

async fn first_reason(request: HttpRequest, console: Data<Console>) -> HttpResponse {
    reason(&request, &console, None)
}

async fn one_reason(request: HttpRequest, console: Data<Console>, asked: Path<String>) -> HttpResponse {
    reason(&request, &console, Some(&asked))
}

fn reason(request: &HttpRequest, console: &Console, asked: Option<&str>) -> HttpResponse {
    match enter::to_see(request, console, Permission::ReadRules) {
        Ok(reader) => reasons::render(console, &reader, asked)
            .map_or_else(|| page::not_found(&reader), |page| page::answer(&page)),
        Err(away) => away.answer(),
    }
}

/// Whether a path is that of a page to which somebody may be sent back: one of ours, and never another site's.
pub(super) fn is_page(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |route: &Route| {
        let own: Vec<&str> = route.path.split('/').collect();
        let same = |(own, given): (&&str, &&str)| own == given || (own.starts_with('{') && !given.is_empty());
        route.method == "GET" && own.len() == parts.len() && own.iter().zip(&parts).all(same)
    };
    ROUTES.iter().any(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::page::Section;

    #[test]
    fn i08_somebody_is_sent_back_to_our_pages_only() {
        for page in ["/", "/incidents/inc_1", "/rules/reasons"] {
            assert!(is_page(page), "{page}");
        }
        for other in ["", "//evil", "/\\evil", "https:evil", "/incidents/", "/pause", "/v1/trail", "/incidents/a/b"] {
            assert!(!is_page(other), "{other}");
        }
    }

    #[test]
    fn every_way_leads_to_a_page() {
        for (section, path, _, permission) in Section::WAYS {
            let route = ROUTES.iter().find(|route| route.method == "GET" && route.path == path);
            assert_eq!(route.map(|route| route.gate), Some(Gate::Session(permission)), "{section:?}");
        }
    }
}
