use pronto::{
    content::{
        Boundary, BoundaryError, MultipartError, MultipartEvent, MultipartLimits, MultipartParser, MultipartStep, Part,
        PartHead, Parts,
    },
    head::{MediaType, ParameterValue},
};

#[unsafe(no_mangle)]
fn content_boundary(octets: &[u8]) -> Result<Boundary, BoundaryError> {
    Boundary::new(octets)
}

#[unsafe(no_mangle)]
fn content_boundary_of(media_type: &MediaType<'_>) -> Result<Boundary, BoundaryError> {
    Boundary::of(media_type)
}

#[unsafe(no_mangle)]
fn content_boundary_octets(boundary: &Boundary) -> &[u8] {
    boundary.as_octets()
}

#[unsafe(no_mangle)]
fn content_multipart<'a, 'i: 'a>(
    parser: &'a mut MultipartParser,
    input: &mut &'i [u8],
    memory: &'a mut [u8],
) -> Result<Option<MultipartEvent<'a>>, MultipartError> {
    parser.next(input, memory)
}

#[unsafe(no_mangle)]
fn content_multipart_step(
    parser: &mut MultipartParser,
    input: &[u8],
    memory: &mut [u8],
) -> Result<(usize, MultipartStep), MultipartError> {
    parser.step(input, memory)
}

#[unsafe(no_mangle)]
fn content_multipart_held(parser: &MultipartParser, from: usize, to: usize) -> (&[u8], Result<(), MultipartError>) {
    (parser.held(from..to), parser.end())
}

#[unsafe(no_mangle)]
fn content_part_head<'a>(octets: &'a [u8], limits: &MultipartLimits) -> Result<PartHead<'a>, MultipartError> {
    PartHead::parse(octets, limits)
}

#[unsafe(no_mangle)]
fn content_part_field<'a>(head: &PartHead<'a>, name: &str) -> (Option<&'a [u8]>, Option<MediaType<'a>>) {
    (head.field(name), head.media_type())
}

#[unsafe(no_mangle)]
fn content_part_name<'a>(head: &PartHead<'a>) -> (ParameterValue<'a>, Option<ParameterValue<'a>>) {
    (head.name(), head.file_name())
}

#[unsafe(no_mangle)]
fn content_parts<'a>(parts: &mut Parts<'a>) -> Option<Result<Part<'a>, MultipartError>> {
    parts.next()
}
