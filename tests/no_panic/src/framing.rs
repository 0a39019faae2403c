use pronto::{
    buffer::SliceSink,
    framing::{
        ContentDecoder, ContentEncoder, ContentLimits, Decoded, DecoderState, Framing, FramingError, Stage,
        TrailerSection, Trailers, encode, request_framing, response_framing,
    },
    head::{Field, Method, Request, Response},
    response::{Following, ResponseError},
};

#[unsafe(no_mangle)]
fn framing_of_request(request: &Request<'_>) -> Result<Framing, FramingError> {
    request_framing(request)
}

#[unsafe(no_mangle)]
fn framing_of_response(response: &Response<'_>, method: Method<'_>) -> Result<Framing, FramingError> {
    response_framing(response, method)
}

#[unsafe(no_mangle)]
fn framing_decoder(framing: Framing, limits: ContentLimits) -> ContentDecoder {
    ContentDecoder::new(framing, limits)
}

#[unsafe(no_mangle)]
fn framing_decode<'i>(decoder: &mut ContentDecoder, input: &'i [u8]) -> Result<Decoded<'i>, FramingError> {
    decoder.decode(input)
}

#[unsafe(no_mangle)]
fn framing_resumed(state: DecoderState, limits: ContentLimits) -> (ContentDecoder, Stage) {
    (ContentDecoder::resumed(state, limits), state.stage())
}

#[unsafe(no_mangle)]
fn framing_state(decoder: &ContentDecoder, limits: ContentLimits) -> (DecoderState, bool, u64) {
    (decoder.state(limits), decoder.is_done(), decoder.remaining_hint())
}

#[unsafe(no_mangle)]
fn framing_end(decoder: &ContentDecoder) -> Result<(), FramingError> {
    decoder.handle_end_of_input()
}

#[unsafe(no_mangle)]
fn framing_trailers<'i>(section: &TrailerSection<'i>) -> Trailers<'i> {
    section.fields()
}

#[unsafe(no_mangle)]
fn framing_next_trailer<'i>(trailers: &mut Trailers<'i>) -> Option<Field<'i>> {
    trailers.next()
}

#[unsafe(no_mangle)]
fn framing_chunk(sink: &mut SliceSink<'_>, data: &[u8]) -> Result<(), ResponseError> {
    encode::chunk(sink, data)
}

#[unsafe(no_mangle)]
fn framing_last_chunk(sink: &mut SliceSink<'_>, trailers: &[(&str, &[u8])]) -> Result<(), ResponseError> {
    encode::last_chunk(sink, trailers)
}

#[unsafe(no_mangle)]
fn framing_chunk_head(length: u64) -> encode::ChunkHead {
    encode::ChunkHead::new(length)
}

#[unsafe(no_mangle)]
fn framing_chunk_head_octets(head: &encode::ChunkHead) -> &[u8] {
    head.as_octets()
}

#[unsafe(no_mangle)]
fn framing_encoder(following: Following) -> (ContentEncoder, bool) {
    let encoder = ContentEncoder::new(following);
    (encoder, encoder.is_done())
}

#[unsafe(no_mangle)]
fn framing_encode(encoder: &mut ContentEncoder, sink: &mut SliceSink<'_>, octets: &[u8]) -> Result<(), ResponseError> {
    encoder.write(sink, octets)
}

#[unsafe(no_mangle)]
fn framing_finish(encoder: &mut ContentEncoder, sink: &mut SliceSink<'_>) -> Result<(), ResponseError> {
    encoder.finish(sink)
}
