//! The page, and what a browser may do with it.

use data_encoding::BASE64;
use pronto::head::Status;
use pronto_host::{Answer, Reply, Request};
use sha2::{Digest, Sha256};

/// A handler that shows the page. Its own script and style are allowed by what they are, and nothing else is: where a title
/// got into the page as a script in spite of all care, it would not run.
pub(crate) fn show() -> impl Fn(&Request<'_>, Reply<'_>) -> Answer + Send + Sync + 'static {
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; img-src data:; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'",
        hash_of("script"),
        hash_of("style")
    );
    move |_: &Request<'_>, reply: Reply<'_>| {
        reply
            .status(Status::OK)
            .content_type("text/html; charset=utf-8")
            .field("Content-Security-Policy", &policy)
            .field("X-Content-Type-Options", "nosniff")
            .field("Referrer-Policy", "no-referrer")
            .content(PAGE.as_bytes())
    }
}

const PAGE: &str = include_str!("page.html");

/// What stands in the element of this name, as a content security policy names it.
fn hash_of(element: &str) -> String {
    let (start, end) = (format!("<{element}>"), format!("</{element}>"));
    let rest = PAGE.split_once(&start).map_or("", |(_, rest)| rest);
    let text = rest.split_once(&end).map_or(rest, |(text, _)| text);
    format!("sha256-{}", BASE64.encode(&Sha256::digest(text)))
}
