use pronto::head::{
    Authority, BrokenEscape, Condition, Cookie, Cookies, Decode, DecodeError, Encoded, EndToEndFields, EntityTag,
    Field, HostError, MediaType, Members, Method, Pair, Pairs, ParameterValue, Parameters, Path, Query, RangeRequest,
    Request, Response, Segments, Status, Target, TargetError, TooManyConnectionOptions, Validators, parse_date,
};

#[unsafe(no_mangle)]
fn readers_target<'a>(target: &'a str, method: Method<'_>) -> Result<Target<'a>, TargetError> {
    Target::parse(target, method)
}

#[unsafe(no_mangle)]
fn readers_target_of<'a>(request: &Request<'a>) -> (Option<Path<'a>>, Option<Query<'a>>) {
    (request.path(), request.query())
}

#[unsafe(no_mangle)]
fn readers_method(token: &str) -> Method<'_> {
    Method::from_token(token)
}

#[unsafe(no_mangle)]
fn readers_status(code: u16) -> Option<(&'static str, Status)> {
    Status::new(code).map(|status| (status.reason(), status))
}

#[unsafe(no_mangle)]
fn readers_segments<'a>(path: &Path<'a>) -> (Segments<'a>, &'a str, bool) {
    (path.segments(), path.as_str(), path.is_well_formed())
}

#[unsafe(no_mangle)]
fn readers_next_segment<'a>(segments: &mut Segments<'a>) -> Option<Encoded<'a>> {
    segments.next()
}

#[unsafe(no_mangle)]
fn readers_decode(decode: &mut Decode<'_>) -> Option<Result<u8, BrokenEscape>> {
    decode.next()
}

#[unsafe(no_mangle)]
fn readers_decode_into<'b>(encoded: &Encoded<'_>, buffer: &'b mut [u8]) -> Result<&'b [u8], DecodeError> {
    encoded.decode_into(buffer)
}

#[unsafe(no_mangle)]
fn readers_encoded<'a>(encoded: &Encoded<'a>, octets: &[u8]) -> (bool, bool, bool, Option<&'a [u8]>) {
    (encoded.is(octets), encoded.is_text(), encoded.is_well_formed(), encoded.plain())
}

#[unsafe(no_mangle)]
fn readers_query<'a>(query: &Query<'a>, name: &str) -> Option<Option<Encoded<'a>>> {
    query.value(name)
}

#[unsafe(no_mangle)]
fn readers_pair<'a>(pairs: &mut Pairs<'a>) -> Option<Pair<'a>> {
    pairs.next()
}

#[unsafe(no_mangle)]
fn readers_cookies<'a>(cookies: &mut Cookies<'a>) -> Option<Cookie<'a>> {
    cookies.next()
}

#[unsafe(no_mangle)]
fn readers_cookie<'a>(request: &Request<'a>, name: &str) -> Option<&'a [u8]> {
    request.cookie(name)
}

#[unsafe(no_mangle)]
fn readers_members<'a>(members: &mut Members<'a>) -> Option<&'a [u8]> {
    members.next()
}

#[unsafe(no_mangle)]
fn readers_parameters_of(member: &[u8]) -> (&[u8], Parameters<'_>) {
    Parameters::of(member)
}

#[unsafe(no_mangle)]
fn readers_parameter<'a>(parameters: &mut Parameters<'a>) -> Option<(&'a str, ParameterValue<'a>)> {
    parameters.next()
}

#[unsafe(no_mangle)]
fn readers_parameter_value<'a>(parameters: &Parameters<'a>, name: &str) -> Option<ParameterValue<'a>> {
    parameters.value(name)
}

#[unsafe(no_mangle)]
fn readers_value<'a>(value: &ParameterValue<'a>, text: &str) -> (bool, bool, Option<&'a [u8]>) {
    (value.is(text), value.is_ignoring_case(text), value.plain())
}

#[unsafe(no_mangle)]
fn readers_media_type(value: &[u8]) -> Option<MediaType<'_>> {
    MediaType::parse(value)
}

#[unsafe(no_mangle)]
fn readers_media_type_is<'a>(media_type: &MediaType<'a>, essence: &str) -> (bool, Option<ParameterValue<'a>>) {
    (media_type.is(essence), media_type.charset())
}

#[unsafe(no_mangle)]
fn readers_authority(text: &str) -> Option<Authority<'_>> {
    Authority::parse(text)
}

#[unsafe(no_mangle)]
fn readers_host<'a>(request: &Request<'a>) -> Result<Option<Authority<'a>>, HostError> {
    request.authority()
}

#[unsafe(no_mangle)]
fn readers_host_field<'a>(request: &Request<'a>) -> Result<Option<Authority<'a>>, HostError> {
    request.host_field()
}

#[unsafe(no_mangle)]
fn readers_connection(request: &Request<'_>, protocol: &str) -> (bool, bool) {
    (request.keeps_alive(), request.offers_upgrade(protocol))
}

#[unsafe(no_mangle)]
fn readers_condition(request: &Request<'_>, validators: &Validators<'_>, now: u64) -> Condition {
    request.condition(validators, now)
}

#[unsafe(no_mangle)]
fn readers_range(request: &Request<'_>, length: u64, validators: &Validators<'_>, now: u64) -> RangeRequest {
    request.range(length, validators, now)
}

#[unsafe(no_mangle)]
fn readers_entity_tag(octets: &[u8]) -> Option<EntityTag<'_>> {
    EntityTag::parse(octets)
}

#[unsafe(no_mangle)]
fn readers_date(value: &[u8], now: u64) -> Option<i64> {
    parse_date(value, now)
}

#[unsafe(no_mangle)]
fn readers_end_to_end<'a>(request: &Request<'a>) -> Result<EndToEndFields<'a>, TooManyConnectionOptions> {
    request.end_to_end_fields()
}

#[unsafe(no_mangle)]
fn readers_end_to_end_of_response<'a>(
    response: &Response<'a>,
) -> (Result<EndToEndFields<'a>, TooManyConnectionOptions>, bool) {
    (response.end_to_end_fields(), response.keeps_alive())
}

#[unsafe(no_mangle)]
fn readers_next_end_to_end<'a>(fields: &mut EndToEndFields<'a>) -> Option<Field<'a>> {
    fields.next()
}
