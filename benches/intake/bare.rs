//! The server that does nothing: reads the body and answers 202. What HTTP itself costs.

use actix_web::{App, HttpResponse, HttpServer, web};

/// Serves on a free port until the process is ended.
pub(crate) fn serve(workers: usize) {
    let serving = async {
        let server = HttpServer::new(|| App::new().default_service(web::to(receive)));
        let server = server.workers(workers).bind(("127.0.0.1", 0)).unwrap();
        println!("listening on http://{}", server.addrs()[0]);
        server.run().await.unwrap();
    };
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(serving);
}

async fn receive(body: web::Bytes) -> HttpResponse {
    std::hint::black_box(body);
    HttpResponse::Accepted().finish()
}
