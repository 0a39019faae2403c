//! A connection whose owner keeps to no order: calls at random, tickets of others, octets that were never consumed. What
//! comes of it means little, but nothing panics, no more is consumed than is there, and what is over stays over.

use alloc::{vec, vec::Vec};
use core::time::Duration;

use super::*;
use crate::{
    buffer::ArraySink,
    head::{FieldSpan, Status},
    mutants::Mutants,
    response::{CommonFields, Replied, ResponseWriter},
};

/// A reply of any kind, that fits the ticket or not.
fn reply(mutants: &mut Mutants, ticket: &Ticket) -> Option<Replied> {
    let (mut sink, common) = (ArraySink::<512>::new(), CommonFields::new());
    let writer = ResponseWriter::new(&mut sink, ticket.context(), &common);
    let replied = match mutants.below(7) {
        0 => writer.status(Status::OK).content_of_length(5),
        1 => writer.status(Status::OK).chunked(),
        2 => writer.status(Status::SWITCHING_PROTOCOLS).upgrade("websocket"),
        3 => writer.status(Status::OK).close().no_content(),
        4 => writer.status(Status::OK).close().chunked(),
        _ => writer.status(Status::OK).content(b"hello"),
    };
    replied.ok()
}

fn misuse(mutants: &mut Mutants, config: &Config) {
    let mut now = Instant::from_millis(mutants.below(1_000) as u64);
    let mut connection = Connection::new(config, now);
    let mut tickets: Vec<Ticket> = Vec::new();
    let mut input = Vec::new();
    let mut fields = vec![FieldSpan::EMPTY; mutants.below(100)];
    let mut over = false;
    for _ in 0..60 {
        match mutants.below(24) {
            0..4 => {
                let mut more = mutants.request();
                if mutants.below(2) == 0 {
                    mutants.mutate(&mut more);
                }
                more.truncate(mutants.below(more.len() + 1));
                input.extend_from_slice(&more);
            }
            4..12 => {
                let Polled { consumed, event } = connection.poll_event(config, &input, &mut fields, now);
                assert!(consumed <= input.len());
                if let Event::Request { ticket, .. } | Event::HeadRejected { ticket, .. } = event {
                    tickets.push(ticket);
                }
                // Now and then what was consumed is given again.
                if mutants.below(8) > 0 {
                    input.drain(..consumed);
                }
            }
            12..15 if !tickets.is_empty() => {
                let mut ticket = tickets.swap_remove(mutants.below(tickets.len()));
                connection.refresh_ticket(&mut ticket);
                if let Some(replied) = reply(mutants, &ticket) {
                    let is_in_turn = connection.is_in_turn(ticket.number());
                    connection.handle_replied(ticket, &replied, now);
                    assert!(is_in_turn || connection.has_failed());
                }
            }
            15 => connection.handle_content_sent(now),
            16 => {
                connection.handle_transmit(config, mutants.below(3) * 1_000, mutants.below(3) * (usize::MAX / 2), now)
            }
            17 => match mutants.below(9) {
                8 => connection.handle_full_input(),
                0 => connection.handle_end_of_input(),
                1 => connection.handle_drain(if mutants.below(2) == 0 { Drain::AtOnce } else { Drain::Gently }),
                2 => connection.handle_failure(),
                _ => connection.handle_held(config, mutants.below(3) * (usize::MAX / 2), now),
            },
            18 => match mutants.below(3) {
                0 => connection.pause_content(),
                1 => connection.resume_content(now),
                _ => drop(connection.take_expectation(now)),
            },
            19 => match mutants.below(2) {
                0 => connection.decline_content(config, now),
                _ => connection.limit_content(mutants.below(3) as u64 * (u64::MAX / 2)),
            },
            20 => {
                now = now.after(Duration::from_millis(mutants.below(20_000) as u64));
                connection.handle_timeout(config, now);
            }
            // Time goes back.
            21 => now = Instant::from_millis(now.as_millis() / 2),
            _ => {
                let transport = connection.poll_transport(config, now);
                let is_over = matches!(transport, Transport::Close | Transport::Reset);
                assert!(is_over || !over, "{transport:?} of what is over: {connection:?}");
                over |= is_over;
                let _ = (connection.poll_timeout(config), connection.close_reason(), connection.content_to_come());
                assert!(!over || !connection.wants_read(config));
            }
        }
    }
}

#[test]
fn no_order_of_calls_makes_a_connection_panic() {
    let usual = Config::new();
    let mut small = Config::new();
    small.limits.in_flight = 2;
    small.limits.content = 3;
    small.limits.unread_content = 2;
    small.limits.linger = 10;
    small.limits.head = small.limits.head.with_octets(200).with_fields(5);
    let mut most = Config::new();
    (most.limits.in_flight, most.limits.unread_content, most.limits.linger) = (u16::MAX, u64::MAX, u64::MAX);
    (most.limits.content, most.limits.output_high_water) = (u64::MAX, usize::MAX);
    let mut mutants = Mutants::seeded(6);
    for round in 0..3_000 {
        let config = [&usual, &small, &most][round % 3];
        misuse(&mut mutants, config);
    }
}
