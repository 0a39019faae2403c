//! Services that are made for another server: a `tower::Service`, in layers that others have written.
//!
//! | route | answer |
//! |---|---|
//! | `GET /hello/{name}` | a greeting, by the service |
//! | `POST /shout` | its content in upper case, while it comes, by the service; 413 for more than 1 MiB, by a layer |
//! | `GET /broken` | 500, since the service fails |
//! | `GET /here` | a greeting by a handler beside the service |
//!
//! [`bridge`] is what makes a handler of the service.

mod bridge;

use bytes::Bytes;
use clap::{Parser, ValueEnum};
use examples::{arguments::Arguments, serve};
use http_body::Body;
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use pronto_epoll::Epoll;
use pronto_host::{
    App, Methods, Reply, Request, StartError,
    interop::http::{self, HeaderValue, Method, StatusCode, header},
};
use pronto_smol::Smol;
use tower::ServiceBuilder;
use tower_http::{limit::RequestBodyLimitLayer, set_header::SetResponseHeaderLayer};

use bridge::BoxError;

/// A tower service behind pronto
#[derive(Debug, Parser)]
struct CommandLine {
    /// What serves
    #[arg(long, value_enum, default_value_t = Runtime::Smol)]
    runtime: Runtime,

    #[command(flatten)]
    arguments: Arguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Runtime {
    Epoll,
    Smol,
}

fn main() -> Result<(), StartError> {
    let CommandLine { runtime, arguments } = CommandLine::parse();
    match runtime {
        Runtime::Epoll => serve::<Epoll>(&arguments, app()),
        Runtime::Smol => serve::<Smol>(&arguments, app()),
    }
}

fn app() -> App {
    let service = ServiceBuilder::new()
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(RequestBodyLimitLayer::new(1024 * 1024))
        .service_fn(route);
    App::new()
        .get("/here", |_: &Request<'_>, reply: Reply<'_>| reply.text("by pronto\n"))
        .route(Methods::ANY, "/{*path}", bridge::handler(service))
        // The layer has a limit of its own.
        .content_limit(u64::MAX)
}

/// Knows nothing of pronto: any body will do.
async fn route<B>(request: http::Request<B>) -> Result<http::Response<UnsyncBoxBody<Bytes, BoxError>>, BoxError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let path = request.uri().path();
    match (request.method(), path.strip_prefix("/hello/")) {
        (&Method::GET, Some(name)) => Ok(text(StatusCode::OK, format!("Hello, {name}!\n"))),
        (&Method::POST, _) if path == "/shout" => {
            let shouted = |octets: Bytes| Bytes::from(octets.to_ascii_uppercase());
            let content = request.into_body().map_frame(move |frame| frame.map_data(shouted));
            Ok(http::Response::new(content.map_err(Into::into).boxed_unsync()))
        }
        _ if path == "/broken" => Err("it is broken".into()),
        _ => Ok(text(StatusCode::NOT_FOUND, "there is nothing here\n".to_owned())),
    }
}

fn text(status: StatusCode, text: String) -> http::Response<UnsyncBoxBody<Bytes, BoxError>> {
    let mut response = http::Response::new(Full::from(text).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    // Frameworks say so; pronto derives it.
    let length = response.body().size_hint().exact().unwrap_or_default();
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
