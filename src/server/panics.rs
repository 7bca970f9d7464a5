//! A handler that panics: whoever asked is told that something went wrong here, the log has one line, and everybody else is
//! served as before.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;

use super::listener::SECURITY_HEADERS;
use crate::api::Problem;

/// Middleware, around all others: a fixed answer where anything within it panics.
///
/// # Errors
/// Those of the handler, and the answer to a panic: the request is gone by then, so there is nothing to answer it on.
pub(super) async fn answering_panics<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut answered = Box::pin(next.call(request));
    let ended = poll_fn(|context| {
        // What the handler had begun is dropped with it; what is shared is behind locks that are taken again after a panic.
        match catch_unwind(AssertUnwindSafe(|| answered.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(answer)) => Poll::Ready(Some(answer)),
            Err(_) => Poll::Ready(None),
        }
    });
    ended.await.unwrap_or_else(|| Err(broken()))
}

fn broken() -> Error {
    let mut answer = Problem::Internal.response();
    for (name, value) in SECURITY_HEADERS {
        answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    InternalError::from_response("a handler panicked", answer).into()
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, HttpServer, web};

    use super::*;

    async fn fails() -> HttpResponse {
        let number: u16 = "none".parse().expect("a test wants this to panic");
        HttpResponse::Ok().body(number.to_string())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn j04_a_panic_in_a_handler_is_answered_and_the_server_goes_on() {
        let app = || {
            App::new()
                .wrap(from_fn(answering_panics))
                .route("/fails", web::get().to(fails))
                .route("/works", web::get().to(HttpResponse::Ok))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        let serving = tokio::spawn(server);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        for _ in 0..3 {
            let answer = client.get(format!("{url}/fails")).send().await.unwrap();
            assert_eq!(answer.status(), 500);
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
            let text = answer.text().await.unwrap();
            assert!(text.contains("\"code\":\"internal\"") && !text.contains("a test wants"), "{text}");
            assert_eq!(client.get(format!("{url}/works")).send().await.unwrap().status(), 200);
        }
        handle.stop(false).await;
        serving.await.unwrap().unwrap();
    }
}
