use pronto::{
    framing::{Framing, request_framing, response_framing},
    head::{FieldSpan, Fields, Method, Progress, RequestHead, ResponseHead, Version},
};

/// How the content of a message is delimited, as somebody reads it who has nothing but the RFC (9112 6.3) and the list of
/// fields; and whether the connection stays.
///
/// # Panics
/// When pronto reads it otherwise.
pub fn framing(octets: &[u8]) {
    let Some((&seed, input)) = octets.split_first() else { return };
    let mut table = [FieldSpan::EMPTY; 100];
    if seed & 1 == 0 {
        let Ok(Progress::Complete(head)) = RequestHead::parse(input, &mut table) else { return };
        let request = head.view(input, &table);
        let expected = delimiter(request.fields(), request.version()).map(|framing| framing.unwrap_or(Framing::None));
        assert_eq!(request_framing(&request).ok(), expected);
        assert_eq!(request.keeps_alive(), keeps_alive(request.fields(), request.version()));
    } else {
        let Ok(Progress::Complete(head)) = ResponseHead::parse(input, &mut table) else { return };
        let response = head.view(input, &table);
        let method = [Method::Get, Method::Head, Method::Connect, Method::Post][usize::from(seed >> 1 & 3)];
        let code = response.status().code();
        let has_none = method == Method::Head || code < 200 || code == 204 || code == 304;
        let expected = if has_none || method == Method::Connect && (200..300).contains(&code) {
            Some(Framing::None)
        } else {
            delimiter(response.fields(), response.version()).map(|framing| framing.unwrap_or(Framing::UntilClose))
        };
        assert_eq!(response_framing(&response, method).ok(), expected);
    }
}

/// The outer `None`: refused; the inner: neither field is there.
fn delimiter(fields: Fields<'_>, version: Version) -> Option<Option<Framing>> {
    let values = |name: &'static str| {
        let fields = fields.clone().filter(move |field| field.name.eq_ignore_ascii_case(name));
        fields.map(|field| field.value.to_vec()).collect::<Vec<_>>()
    };
    let (codings, lengths) = (values("transfer-encoding"), values("content-length"));
    match (&*codings, &*lengths) {
        ([], []) => Some(None),
        ([], [length]) => {
            let digits = str::from_utf8(length).ok().filter(|text| text.bytes().all(|octet| octet.is_ascii_digit()))?;
            digits.parse().ok().map(|length| Some(Framing::Length(length)))
        }
        ([], _) => None,
        (codings, []) if version == Version::Http11 => {
            let list = codings.join(&b',').to_ascii_lowercase();
            (list.trim_ascii() == b"chunked").then_some(Some(Framing::Chunked))
        }
        _ => None,
    }
}

fn keeps_alive(fields: Fields<'_>, version: Version) -> bool {
    let named = fields.filter(|field| field.name.eq_ignore_ascii_case("connection"));
    let values: Vec<_> = named.map(|field| field.value.to_ascii_lowercase()).collect();
    let list = values.join(&b',');
    let has = |option: &[u8]| list.split(|&octet| octet == b',').any(|member| member.trim_ascii() == option);
    !has(b"close") && (version == Version::Http11 || has(b"keep-alive"))
}
