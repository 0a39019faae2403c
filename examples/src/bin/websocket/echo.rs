//! The WebSocket: its handshake, and the echo.

use async_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};
use futures_lite::{FutureExt, StreamExt};
use pronto::head::{Method, Status};
use pronto_host::{OwnedRequest, Response, Upgraded};

/// Octets of a message at most: 1 MiB. A client that sends more is told so, and the connection ends.
const MOST: usize = 1024 * 1024;

/// Takes the connection over, unless the request is not what RFC 6455 4.2.1 asks for.
pub(crate) async fn handshake(request: OwnedRequest) -> Response {
    if !request.offers_upgrade("websocket") {
        return refusal(Status::UPGRADE_REQUIRED, "this is a WebSocket: ask for it with Upgrade and Connection")
            .offer_upgrade("websocket");
    }
    if request.field("sec-websocket-version") != Some(b"13") {
        return refusal(Status::UPGRADE_REQUIRED, "Sec-WebSocket-Version must be 13")
            .offer_upgrade("websocket")
            .field("Sec-WebSocket-Version", "13");
    }
    if request.method() != Method::Get {
        return refusal(Status::BAD_REQUEST, "a WebSocket begins with GET");
    }
    let mut keys = request.view().fields_named("sec-websocket-key").map(<[u8]>::to_vec);
    let (Some(key), None) = (keys.next().filter(|key| is_key(key)), keys.next()) else {
        return refusal(Status::BAD_REQUEST, "Sec-WebSocket-Key must be there once: 16 octets in base64");
    };
    Response::upgrade("websocket", echo).field("Sec-WebSocket-Accept", derive_accept_key(&key))
}

fn refusal(status: Status, words: &'static str) -> Response {
    Response::new(status).content_type("text/plain").content(words.as_bytes())
}

/// Whether this is 16 octets in base64, as far as its form tells.
fn is_key(key: &[u8]) -> bool {
    let is_digit = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/');
    matches!(key, [digits @ .., b'=', b'='] if digits.len() == 22 && digits.iter().all(is_digit))
}

/// Sends back what comes, until the client takes its leave or the server has to.
async fn echo(connection: Upgraded) {
    let mut draining = connection.draining();
    // Buffers are small: there may be many connections that say little.
    let config = WebSocketConfig::default()
        .max_message_size(Some(MOST))
        .max_frame_size(Some(MOST))
        .read_buffer_size(4 * 1024)
        .write_buffer_size(0);
    let mut socket = WebSocketStream::from_raw_socket(connection, Role::Server, Some(config)).await;
    let farewell = loop {
        let drained = async {
            (&mut draining).await;
            Err(CloseFrame { code: CloseCode::Away, reason: "the server ends".into() })
        };
        let message = match drained.or(async { Ok(socket.next().await) }).await {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(error))) => match farewell_for(&error) {
                Some(farewell) => break farewell,
                None => return,
            },
            // The client has taken its leave, and has been answered.
            Ok(None) => return,
            Err(farewell) => break farewell,
        };
        // Pings and closes are answered by the socket.
        if (message.is_text() || message.is_binary()) && socket.send(message).await.is_err() {
            return;
        }
    };
    if socket.close(Some(farewell)).await.is_ok() {
        wait_for_close(&mut socket).await;
    }
}

/// What a client is told that has done this; nothing where it is gone.
fn farewell_for(error: &Error) -> Option<CloseFrame> {
    let code = match error {
        Error::Capacity(_) => CloseCode::Size,
        Error::Utf8(_) => CloseCode::Invalid,
        Error::Protocol(_) => CloseCode::Protocol,
        _ => return None,
    };
    Some(CloseFrame { code, reason: error.to_string().into() })
}

/// Reads on until the client has answered a close, or is gone. What it sent before that is of no use any more.
async fn wait_for_close(socket: &mut WebSocketStream<Upgraded>) {
    while let Some(Ok(message)) = socket.next().await {
        if message.is_close() {
            return;
        }
    }
}
