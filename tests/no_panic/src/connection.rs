use pronto::{
    connection::{CloseReason, Config, Connection, Drain, Instant, Pipeline, PipelineFull, Polled, Ticket, Transport},
    head::FieldSpan,
    response::Replied,
};

#[unsafe(no_mangle)]
fn connection_new(config: &Config, now: Instant) -> Connection {
    Connection::new(config, now)
}

#[unsafe(no_mangle)]
fn connection_poll_event<'i>(
    connection: &mut Connection,
    config: &Config,
    input: &'i [u8],
    fields: &mut [FieldSpan],
    now: Instant,
) -> Polled<'i> {
    connection.poll_event(config, input, fields, now)
}

#[unsafe(no_mangle)]
fn connection_content(connection: &mut Connection, config: &Config, octets: u64, now: Instant) -> bool {
    connection.limit_content(octets);
    connection.decline_content(config, now);
    connection.pause_content();
    connection.resume_content(now);
    connection.take_expectation(now)
}

#[unsafe(no_mangle)]
fn connection_end(connection: &mut Connection, drain: Drain) {
    connection.handle_drain(drain);
    connection.handle_end_of_input();
}

#[unsafe(no_mangle)]
fn connection_full_input(connection: &mut Connection) {
    connection.handle_full_input();
}

#[unsafe(no_mangle)]
fn connection_fail(connection: &mut Connection) {
    connection.handle_failure();
}

#[unsafe(no_mangle)]
fn connection_replied(connection: &mut Connection, ticket: Ticket, replied: &Replied, now: Instant) {
    connection.handle_replied(ticket, replied, now);
}

#[unsafe(no_mangle)]
fn connection_ticket(connection: &mut Connection, ticket: &mut Ticket) -> bool {
    connection.refresh_ticket(ticket);
    connection.is_in_turn(ticket.number())
}

#[unsafe(no_mangle)]
fn connection_sent(connection: &mut Connection, config: &Config, sent: usize, unsent: usize, now: Instant) {
    connection.handle_content_sent(now);
    connection.handle_held(config, unsent, now);
    connection.handle_transmit(config, sent, unsent, now);
}

#[unsafe(no_mangle)]
fn connection_poll_transport(connection: &mut Connection, config: &Config, now: Instant) -> Transport {
    connection.poll_transport(config, now)
}

#[unsafe(no_mangle)]
fn connection_timeout(connection: &mut Connection, config: &Config, now: Instant) -> Option<Instant> {
    connection.handle_timeout(config, now);
    connection.poll_timeout(config)
}

#[unsafe(no_mangle)]
fn connection_state(connection: &Connection, config: &Config) -> (bool, u64, CloseReason) {
    (connection.wants_read(config), connection.content_to_come(), connection.close_reason())
}

#[unsafe(no_mangle)]
fn pipeline_push(
    pipeline: &mut Pipeline<u64, 8>,
    number: u32,
    reply: u64,
) -> (Result<(), PipelineFull>, Result<(), u64>) {
    (pipeline.push_pending(number), pipeline.push_ready(number, reply))
}

#[unsafe(no_mangle)]
fn pipeline_complete(pipeline: &mut Pipeline<u64, 8>, number: u32, reply: u64) -> Result<(), u64> {
    pipeline.complete(number, reply)
}

#[unsafe(no_mangle)]
fn pipeline_pop(pipeline: &mut Pipeline<u64, 8>) -> Option<u64> {
    pipeline.pop_ready()
}
