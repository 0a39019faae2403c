//! The text in which Prometheus is told what was counted.
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>, text format 0.0.4.

use std::fmt::{self, Formatter};

use pronto::connection::CloseReason;

use crate::{Totals, counters::REJECTION_STATUSES};

/// The media type of [`Totals::prometheus`].
pub const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The text.
pub(crate) struct Exposition<'a>(pub(crate) &'a Totals);

impl fmt::Display for Exposition<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let totals = self.0;
        gauge(formatter, "workers", "Workers that serve.", totals.workers() as u64)?;
        counter(formatter, "worker_deaths_total", "Workers that died.", totals.deaths())?;
        counter(formatter, "connections_accepted_total", "Connections that were accepted.", totals.accepted())?;
        gauge(formatter, "connections_open", "Connections that are open.", totals.open())?;
        let reasons = CloseReason::ALL.iter().map(|&reason| (reason.name(), totals.closed(reason)));
        let reasons = reasons.chain([("worker_died", totals.lost())]);
        counters(formatter, "connections_closed_total", "Connections that ended, by reason.", "reason", reasons)?;
        counter(formatter, "received_bytes_total", "Octets that were read.", totals.received())?;
        counter(formatter, "sent_bytes_total", "Octets that were written.", totals.sent())?;
        counter(formatter, "requests_total", "Requests that were given to the application.", totals.requests())?;
        batches(formatter, totals)?;
        let classes = ["1xx", "2xx", "3xx", "4xx", "5xx", "other"];
        let classes = classes.into_iter().enumerate().map(|(index, class)| (class, totals.responses(index + 1)));
        counters(formatter, "responses_total", "Replies, by the class of their status.", "class", classes)?;
        let refused = REJECTION_STATUSES.iter().map(|&status| (status.to_string(), totals.rejections(status)));
        let refused = refused.chain([("other".to_owned(), totals.rejections(0))]);
        let help = "What was refused before a handler had the whole of it, by the status of the reply.";
        counters(formatter, "rejections_total", help, "status", refused)?;
        let failures = [("error", totals.errors()), ("panic", totals.panics())];
        counters(formatter, "handler_failures_total", "Errors and panics of handlers.", "kind", failures)?;
        counter(formatter, "requests_deferred_total", "Requests whose reply was put off.", totals.deferred())?;
        gauge(formatter, "requests_waiting", "Requests that wait for a reply that was put off.", totals.waiting())
    }
}

fn family(formatter: &mut Formatter<'_>, name: &str, kind: &str, help: &str) -> fmt::Result {
    write!(formatter, "# HELP pronto_{name} {help}\n# TYPE pronto_{name} {kind}\n")
}

fn gauge(formatter: &mut Formatter<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    family(formatter, name, "gauge", help)?;
    writeln!(formatter, "pronto_{name} {value}")
}

fn counter(formatter: &mut Formatter<'_>, name: &str, help: &str, value: u64) -> fmt::Result {
    family(formatter, name, "counter", help)?;
    writeln!(formatter, "pronto_{name} {value}")
}

/// Counters that differ in the value of one label, which needs no escapes.
fn counters(
    formatter: &mut Formatter<'_>,
    name: &str,
    help: &str,
    label: &str,
    values: impl IntoIterator<Item = (impl fmt::Display, u64)>,
) -> fmt::Result {
    family(formatter, name, "counter", help)?;
    values.into_iter().try_for_each(|(case, value)| writeln!(formatter, "pronto_{name}{{{label}=\"{case}\"}} {value}"))
}

/// A histogram counts in each bucket what is in those below, too.
fn batches(formatter: &mut Formatter<'_>, totals: &Totals) -> fmt::Result {
    let name = "batch_requests";
    family(formatter, name, "histogram", "Requests that were taken out of what was read at once.")?;
    let bounds = ["1", "2", "4", "8", "16", "32", "64", "+Inf"];
    let mut count = 0;
    for (bound, more) in bounds.into_iter().zip(totals.batches()) {
        count += more;
        writeln!(formatter, "pronto_{name}_bucket{{le=\"{bound}\"}} {count}")?;
    }
    writeln!(formatter, "pronto_{name}_sum {}\npronto_{name}_count {count}", totals.requests())
}
