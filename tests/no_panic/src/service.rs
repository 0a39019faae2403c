use pronto::{
    connection::{Config, Instant, Rejection, Ticket},
    framing::TrailerSection,
    head::{FieldSpan, Method, Path, Request},
    service::{
        Admission, Driven, Driver, Methods, Outcome, Params, Pattern, PatternError, Room, Route, Routing, Service,
        Untaken, find,
    },
};

#[unsafe(no_mangle)]
fn service_drive(
    driver: &mut Driver,
    config: &Config,
    input: &mut [u8],
    fields: &mut [FieldSpan],
    service: &mut dyn Service,
    now: Instant,
) -> Driven {
    driver.drive(config, input, fields, &mut Somebody(service), now)
}

/// A service of which nothing is known.
struct Somebody<'s>(&'s mut dyn Service);

impl Service for Somebody<'_> {
    fn admit(&mut self, request: &Request<'_>) -> Admission {
        self.0.admit(request)
    }

    fn call(&mut self, request: &Request<'_>, content: Option<&[u8]>, ticket: Ticket) -> Outcome {
        self.0.call(request, content, ticket)
    }

    fn begin(&mut self, request: &Request<'_>, ticket: Ticket) -> Outcome {
        self.0.begin(request, ticket)
    }

    fn take_content(&mut self, octets: &[u8]) -> Room {
        self.0.take_content(octets)
    }

    fn take_trailers(&mut self, trailers: TrailerSection<'_>) {
        self.0.take_trailers(trailers);
    }

    fn end_content(&mut self, end: Result<(), Rejection>) {
        self.0.end_content(end);
    }

    fn reject(&mut self, rejection: Rejection, ticket: Ticket) -> Outcome {
        self.0.reject(rejection, ticket)
    }

    fn send_continue(&mut self) {
        self.0.send_continue();
    }

    fn wants_flush(&self) -> bool {
        self.0.wants_flush()
    }
}

#[unsafe(no_mangle)]
fn service_find<'r, 'a>(
    routes: &'r [Route<'_, u64>],
    method: Method<'_>,
    path: Option<Path<'a>>,
) -> Routing<'r, 'a, u64>
where
    'r: 'a,
{
    find(routes, method, path)
}

#[unsafe(no_mangle)]
fn service_refuse<'r, 'a>(
    routes: &'r [Route<'_, u64>],
    method: Method<'_>,
    path: Option<Path<'_>>,
) -> Routing<'r, 'a, u64> {
    Untaken::new(routes, path).refuse(routes, method, path)
}

#[unsafe(no_mangle)]
fn service_pattern(text: &str) -> Result<Pattern<'_>, PatternError> {
    Pattern::new(text)
}

#[unsafe(no_mangle)]
fn service_matches<'a>(pattern: &'a Pattern<'a>, path: Path<'a>) -> Option<Params<'a>> {
    pattern.matches(path)
}

#[unsafe(no_mangle)]
fn service_params<'a>(params: &Params<'a>, name: &str) -> (Option<&'a [u8]>, usize) {
    (params.value(name).map(|value| value.raw()), params.iter().count())
}

#[unsafe(no_mangle)]
fn service_methods(methods: &Methods, method: Method<'_>) -> bool {
    methods.contains(method)
}
