//! actix-web with one worker.

use actix_web::{App, HttpResponse, HttpServer, http::header::ContentType, web};
use peers::TEXT;

async fn answer() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body(TEXT)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    HttpServer::new(|| App::new().route("/", web::get().to(answer)))
        .workers(1)
        .backlog(4096)
        .disable_signals()
        .bind(peers::address())?
        .run()
        .await
}
