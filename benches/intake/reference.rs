//! The least that an honest receiver does: verifies the signature, parses the JSON, makes the body
//! durable together with what else has arrived, then answers 202. No rules, no duplicates, no trail.

use std::fs::File;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::sync::oneshot;

use crate::alerts::SECRET;

/// The most appends in one commit, as in `src/trail/sled`.
const GROUP: usize = 512;
/// The most appends that wait.
const QUEUE: usize = 4_096;

type Job = (web::Bytes, oneshot::Sender<()>);

struct State {
    mac: Hmac<Sha256>,
    queue: SyncSender<Job>,
}

/// Serves on a free port until the process is ended, with its store in `folder`.
pub(crate) fn serve(workers: usize, folder: &Path) {
    let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let (queue, jobs) = sync_channel(QUEUE);
    let store = folder.join("reference");
    std::thread::spawn(move || commit(&store, &jobs));
    let state = web::Data::new(State { mac: Hmac::new_from_slice(&key).unwrap(), queue });
    let serving = async {
        let server = HttpServer::new(move || App::new().app_data(state.clone()).default_service(web::to(receive)));
        let server = server.workers(workers).bind(("127.0.0.1", 0)).unwrap();
        println!("listening on http://{}", server.addrs()[0]);
        server.run().await.unwrap();
    };
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(serving);
}

async fn receive(request: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    if verify(&request, &body, &state.mac).is_none() {
        return HttpResponse::Unauthorized().finish();
    }
    let Ok(document) = serde_json::from_slice::<Value>(&body) else { return HttpResponse::BadRequest().finish() };
    std::hint::black_box(&document);
    let (done, durable) = oneshot::channel();
    if state.queue.try_send((body, done)).is_err() || durable.await.is_err() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    HttpResponse::Accepted().finish()
}

fn verify(request: &HttpRequest, body: &[u8], mac: &Hmac<Sha256>) -> Option<()> {
    let header = |name| Some(request.headers().get(name)?.as_bytes());
    let signature = STANDARD.decode(header("webhook-signature")?.strip_prefix(b"v1,")?).ok()?;
    let mut mac = mac.clone();
    for piece in [header("webhook-id")?, b".", header("webhook-timestamp")?, b".", body] {
        mac.update(piece);
    }
    mac.verify_slice(&signature).ok()
}

/// The committer: takes what waits, one batch, one flush, one fdatasync, then answers everybody.
fn commit(folder: &Path, jobs: &Receiver<Job>) {
    let db = sled::Config::new().path(folder).cache_capacity(64 * 1024 * 1024).open().unwrap();
    let file = File::options().write(true).open(folder.join("db")).unwrap();
    let mut next = 0_u64;
    while let Ok(first) = jobs.recv() {
        let group: Vec<Job> = std::iter::once(first).chain(jobs.try_iter().take(GROUP - 1)).collect();
        let mut batch = sled::Batch::default();
        for (body, _) in &group {
            batch.insert(&next.to_be_bytes(), &body[..]);
            next += 1;
        }
        db.apply_batch(batch).unwrap();
        db.flush().unwrap();
        file.sync_data().unwrap();
        for (_, done) in group {
            // Whoever hung up is not waiting.
            let _ = done.send(());
        }
    }
}
