//! Who may see a page, and who may send a form. A session's cookie says who it is; reading, a program may show a token
//! instead. A form has to come from a page of ours: it carries what only that session's pages carry, and the browser says
//! that no other site sends it.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HOST, HeaderMap, LOCATION, ORIGIN};
use actix_web::{HttpRequest, HttpResponse};

use super::reader::Reader;
use super::routes::is_page;
use super::{Console, page};
use crate::access::{Denied, Permission, Session};

/// The session's cookie: of this host and this path alone, over TLS (or on this machine), out of reach of scripts.
const SESSION: &str = "__Host-portcullis-session";
/// The longest way back, in bytes.
const WAY_BYTES_MAX: usize = 4_096;

/// Why somebody does not get what they ask for.
pub(super) enum Away {
    /// They have to sign in first, and come back from there.
    SignIn(String),
    /// They have signed in too long ago for this, and come back to this page.
    SignInAgain(&'static str),
    /// Their role does not include it.
    Forbidden(Box<Reader>),
    /// Another site sends it, or a page of another session.
    Foreign(Box<Reader>),
}

impl Away {
    /// What they get instead.
    pub(super) fn answer(self) -> HttpResponse {
        match self {
            Self::SignIn(back) => to("/sign-in", &back),
            Self::SignInAgain(back) => to("/sign-in/again", back),
            Self::Forbidden(reader) => page::forbidden(&reader),
            Self::Foreign(reader) => foreign(&reader),
        }
    }
}

/// How whoever asks reads, if they may see it.
pub(super) fn to_see(request: &HttpRequest, console: &Console, permission: Permission) -> Result<Reader, Away> {
    let mut reader = Reader::of(request);
    if let Some(session) = session(request, console) {
        let may = session.actor.role.may(permission);
        reader.signed_in(session);
        return if may { Ok(reader) } else { Err(Away::Forbidden(reader.into())) };
    }
    // Two such headers are as good as none: which one counts would be a matter of taste.
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().filter(|_| headers.next().is_none());
    match console.access.bearer(header.map(|value| value.as_bytes()), permission, console.clock.now()) {
        Ok(actor) => {
            reader.actor = Some(actor);
            Ok(reader)
        }
        Err(Denied::Forbidden) => Err(Away::Forbidden(reader.into())),
        Err(Denied::Unknown) => {
            Err(Away::SignIn(request.uri().path_and_query().map_or("/", |way| way.as_str()).to_owned()))
        }
    }
}

/// Who sends a form, with what it carries in `csrf`, if they may.
pub(super) fn to_change(
    request: &HttpRequest,
    console: &Console,
    permission: Option<Permission>,
    csrf: &str,
) -> Result<(Reader, Session), Away> {
    let mut reader = Reader::of(request);
    let Some(session) = session(request, console) else {
        return Err(Away::SignIn(page_above(request.path()).to_owned()));
    };
    reader.signed_in(session.clone());
    let is_ours = is_from_here(request.headers()) && session.has_sent(csrf);
    let may = permission.is_none_or(|permission| session.actor.role.may(permission));
    match (is_ours, may) {
        (true, true) => Ok((reader, session)),
        (true, false) => Err(Away::Forbidden(reader.into())),
        (false, _) => Err(Away::Foreign(reader.into())),
    }
}

/// Another site sends it, or a page of another session.
pub(super) fn foreign(reader: &Reader) -> HttpResponse {
    page::failed(reader, StatusCode::FORBIDDEN, &reader.say("page-foreign"), &reader.say("page-foreign-text"))
}

/// Whoever's session it is.
pub(super) fn session(request: &HttpRequest, console: &Console) -> Option<Session> {
    console.access.session(&secret(request)?, console.clock.now())
}

/// The session's secret, as the browser has it.
pub(super) fn secret(request: &HttpRequest) -> Option<String> {
    request.cookie(SESSION).map(|cookie| cookie.value().to_owned())
}

/// The cookie of a session that has begun.
pub(super) fn cookie(secret: String) -> Cookie<'static> {
    Cookie::build(SESSION, secret).path("/").secure(true).http_only(true).same_site(SameSite::Lax).finish()
}

/// The same, taken back.
pub(super) fn no_cookie() -> Cookie<'static> {
    let mut cookie = cookie(String::new());
    cookie.make_removal();
    cookie
}

/// Whether the browser says that a page of ours sends it (Fetch Metadata, <https://www.w3.org/TR/fetch-metadata/>). One
/// too old to say so says at least from which origin it comes.
pub(super) fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_own_origin = |origin: &str| {
        let host = text(HOST.as_str());
        origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host)
    };
    match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some(site), origin) => site == "same-origin" && origin.is_none_or(is_own_origin),
        (None, Some(origin)) => is_own_origin(origin),
        (None, None) => false,
    }
}

/// Sends whoever asks to a page, from which they come back.
pub(super) fn to(page: &str, back: &str) -> HttpResponse {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("to", way_back(back)).finish();
    see(&format!("{page}?{query}"))
}

/// Sends whoever asks to a page.
pub(super) fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// The way back, if it leads to a page of ours; otherwise the first page.
pub(super) fn way_back(to: &str) -> &str {
    let path = to.split(['?', '#']).next().unwrap_or_default();
    let is_plain = to.len() <= WAY_BYTES_MAX && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_plain && is_page(path) { to } else { "/" }
}

/// The page on which the form stands that is sent there: the nearest above that is one.
fn page_above(form: &str) -> &str {
    let mut path = form;
    while let Some((above, _)) = path.rsplit_once('/') {
        if is_page(above) {
            return above;
        }
        path = above;
    }
    "/"
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn i08_the_way_back_never_leads_elsewhere() {
        for own in ["/", "/incidents/inc_1", "/rules/reasons?x=1", "/#top"] {
            assert_eq!(way_back(own), own);
        }
        let long = format!("/?{}", "x".repeat(WAY_BYTES_MAX));
        for other in
            ["//evil", "/\\evil", "\\\\evil", "https:evil", "https://evil/", "/\n/evil", "/v1/trail", "", &long]
        {
            assert_eq!(way_back(other), "/", "{other}");
        }
    }

    #[test]
    fn whoever_has_to_sign_in_first_comes_back_to_the_page_of_the_form() {
        for (form, page) in [
            ("/incidents/inc_1/extend", "/incidents/inc_1"),
            ("/sources/okta/test", "/sources/okta"),
            ("/settings/tokens/revoke", "/settings"),
            ("/pause", "/"),
            ("/breaker/release", "/"),
        ] {
            assert_eq!(page_above(form), page);
            assert_eq!(way_back(page), page);
        }
    }

    #[test]
    fn i11_only_our_own_pages_send_forms() {
        let is_ours = |headers: &[(&'static str, &str)]| {
            let request = headers.iter().fold(TestRequest::post(), |request, header| request.insert_header(*header));
            is_from_here(request.to_http_request().headers())
        };
        let host = ("host", "soc.example:8443");
        assert!(is_ours(&[host, ("sec-fetch-site", "same-origin"), ("origin", "https://soc.example:8443")]));
        assert!(is_ours(&[host, ("origin", "https://soc.example:8443")]));
        for other in ["cross-site", "same-site", "none", ""] {
            assert!(!is_ours(&[host, ("sec-fetch-site", other), ("origin", "https://soc.example:8443")]), "{other}");
        }
        for origin in ["null", "https://evil.example", "https://soc.example", "https://soc.example:8443.evil.example"] {
            assert!(!is_ours(&[host, ("origin", origin)]), "{origin}");
            assert!(!is_ours(&[host, ("sec-fetch-site", "same-origin"), ("origin", origin)]), "{origin}");
        }
        assert!(!is_ours(&[host]));
    }
}
