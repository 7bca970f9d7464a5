//! The frame of every page: head, style, answer.

use actix_web::HttpResponse;
use actix_web::http::header;
use maud::{DOCTYPE, Markup, html};

use crate::incident::Timestamp;

/// The one style sheet; follows the reader's colour scheme and narrows to a phone.
const STYLE: &str = include_str!("console.css");

/// A whole page.
pub(super) fn page(title: &str, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Portcullis" }
                link rel="stylesheet" href="/console.css";
            }
            body {
                header { a href="/" { strong { "Portcullis" } } }
                main { (main) }
            }
        }
    }
}

/// To the second for people, exact for programs.
pub(super) fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (at.strftime("%Y-%m-%d %H:%M:%S")) } }
}

pub(super) fn answer(page: &Markup) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(page.0.clone())
}

/// The browser asks for a token; any name will do.
pub(super) fn sign_in() -> HttpResponse {
    let text = html! {
        h1 { "A token is needed" }
        p { "Enter any name, and your token as the password." }
    };
    HttpResponse::Unauthorized()
        .insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"Portcullis\", charset=\"UTF-8\""))
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(page("A token is needed", &text).0)
}

/// Nothing can be recorded now, so nothing is shown.
pub(super) fn unavailable() -> HttpResponse {
    let text = html! {
        h1 { "Not now" }
        p { "The trail cannot be written. Come again later." }
    };
    HttpResponse::ServiceUnavailable()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(page("Not now", &text).0)
}

pub(super) fn not_found() -> HttpResponse {
    let text = html! {
        h1 { "There is no such page" }
        p { a href="/" { "What is going on now" } }
    };
    HttpResponse::NotFound()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(page("There is no such page", &text).0)
}

pub(super) async fn style() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/css; charset=utf-8")).body(STYLE)
}
