//! What becomes of heads on their way: what is passed on, and what is added.

use std::net::{IpAddr, SocketAddr};

use pronto::{
    framing::{Framing, response_framing},
    head::{Field, Method, Request, Response, Status, Version},
    request::RequestWriter,
    response::{CommonFields, Following, Replied, ReplyContext, ResponseError, ResponseWriter},
};

use crate::buffer::Buffer;

/// Writes a request for the upstream, or says what its client is told instead.
///
/// What is for the connection of the client alone stays behind, and with it everything that could tell the upstream another
/// end of the message than was found here. Its content keeps its length, or is sent in chunks of our own.
pub(crate) fn pass_request_on(
    request: &Request<'_>,
    framing: Framing,
    client: IpAddr,
    upstream: SocketAddr,
    sink: &mut Buffer,
) -> Result<Following, Status> {
    // Those are for proxies of another kind, and show what upstreams add to requests.
    if matches!(request.method(), Method::Connect | Method::Trace) {
        return Err(Status::NOT_IMPLEMENTED);
    }
    let fields = request.end_to_end_fields().map_err(|_| Status::BAD_REQUEST)?;
    let mut writer = RequestWriter::forward(sink, request, &upstream.to_string());
    for field in fields.filter(|field| !is_ours_to_say(field.name)) {
        let hops = match request.method() {
            Method::Options if field.name.eq_ignore_ascii_case("max-forwards") => hops(field),
            _ => None,
        };
        writer = match hops {
            // It is for whoever it has reached then (RFC 9110 7.6.2).
            Some(0) => return Err(Status::NO_CONTENT),
            Some(hops) => writer.field(field.name, (hops - 1).to_string()),
            None => writer.field(field.name, field.value),
        };
    }
    let forwarded = match client {
        IpAddr::V4(address) => format!("for={address};proto=http"),
        IpAddr::V6(address) => format!("for=\"[{address}]\";proto=http"),
    };
    writer
        .field("Via", via(request.version()))
        .field("Forwarded", forwarded)
        .field("X-Forwarded-For", client.to_string())
        // One request on each connection: whatever an upstream says too much can reach nobody else.
        .close()
        .framed(framing)
        .map_err(|error| match error {
            // It has grown too large by what was added.
            ResponseError::NoRoom => Status::REQUEST_HEADER_FIELDS_TOO_LARGE,
            // The rest was found to be right before, so it is not the client's fault.
            _ => Status::INTERNAL_SERVER_ERROR,
        })
}

/// A final response from the upstream, and how its content goes on.
pub(crate) struct Passed {
    pub(crate) replied: Replied,
    /// How the upstream delimits its content, with 205, too, of which only its end tells that there is none.
    pub(crate) framing: Framing,
}

/// Writes the final response to a request with this method for the client. `None`: it is not one that can be passed on.
pub(crate) fn pass_response_on(
    response: &Response<'_>,
    to_head: bool,
    context: ReplyContext,
    common: &CommonFields,
    sink: &mut Buffer,
) -> Option<Passed> {
    let framing = response_framing(response, if to_head { Method::Head } else { Method::Get }).ok()?;
    let told = match response.status() {
        // It has no content, in whatever way it says so (RFC 9110 15.3.6).
        Status::RESET_CONTENT => Framing::None,
        // In answer to HEAD nothing follows, but the length is told.
        _ => response_framing(response, Method::Get).ok()?,
    };
    let replied = ResponseWriter::new(sink, context, common)
        .forward(response.status(), response.end_to_end_fields().ok()?)
        .field("Via", via(response.version()))
        .framed(told)
        .ok()?;
    Some(Passed { replied, framing })
}

/// Writes an interim response for the client. `None`: it is not one that can be passed on.
pub(crate) fn pass_interim_on(response: &Response<'_>, context: ReplyContext, sink: &mut Buffer) -> Option<()> {
    let fields = response.end_to_end_fields().ok()?;
    // Without a date: none is asked for before the final response.
    let common = CommonFields::without_server();
    ResponseWriter::new(sink, context, &common).forward(response.status(), fields).interim().ok()
}

/// Whether a field is said by this proxy, and believed of nobody: clients could say that they are somebody else, or that the
/// message ends elsewhere.
fn is_ours_to_say(name: &str) -> bool {
    // Upstreams that hand fields on as variables, as CGI and WSGI do, have one name for both.
    let read = name.bytes().map(|octet| if octet == b'_' { b'-' } else { octet.to_ascii_lowercase() });
    OURS.iter().any(|ours| read.clone().eq(ours.bytes())) || read.take(X_FORWARDED.len()).eq(X_FORWARDED.bytes())
}

/// How often a request may be passed on.
fn hops(field: Field<'_>) -> Option<u32> {
    field.text()?.parse().ok()
}

fn via(version: Version) -> &'static str {
    match version {
        Version::Http10 => "1.0 pronto-proxy",
        Version::Http11 => "1.1 pronto-proxy",
    }
}

/// Under these names themselves, the latter two are never among the fields that are passed on.
const OURS: [&str; 4] = ["forwarded", "x-real-ip", "content-length", "transfer-encoding"];
const X_FORWARDED: &str = "x-forwarded-";

#[cfg(test)]
mod tests {
    use pronto::head::{FieldSpan, Progress, RequestHead};

    use super::*;

    #[test]
    fn clients_are_blamed_only_for_what_does_not_fit() {
        let mut fields = [FieldSpan::EMPTY; 4];
        let received = b"GET / HTTP/1.0\r\nA: b\r\n\r\n";
        let Ok(Progress::Complete(head)) = RequestHead::parse(received, &mut fields) else { panic!() };
        let request = head.view(received, &fields);
        let client = [127, 0, 0, 1].into();
        for (upstream, room, expected) in [
            ("[fe80::1]:80", 512, Ok(Following::Nothing)),
            ("[fe80::1]:80", 64, Err(Status::REQUEST_HEADER_FIELDS_TOO_LARGE)),
            // Nobody's host.
            ("[fe80::1%2]:80", 512, Err(Status::INTERNAL_SERVER_ERROR)),
        ] {
            let mut sink = Buffer::new(room);
            let outcome = pass_request_on(&request, Framing::None, client, upstream.parse().unwrap(), &mut sink);
            assert_eq!(outcome, expected, "{upstream}, {room} octets");
        }
    }
}
