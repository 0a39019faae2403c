//! Which fields of a message a proxy passes on (RFC 9110 7.6.1).

use core::fmt;

use heapless::Vec;

use super::{Field, Fields, Request, Response, list::trim};

impl<'a> Request<'a> {
    /// The fields that a proxy passes on, in order, duplicates kept.
    ///
    /// Left out are those that are for this connection alone: Connection and the fields it names, Keep-Alive,
    /// Proxy-Connection, TE, Trailer, Transfer-Encoding, Upgrade, and what authenticates to and by the proxy (RFC 9110 7.6.1,
    /// 11.7). So are Content-Length and Host, which [`RequestWriter`](crate::request::RequestWriter) derives: that a field is
    /// named by Connection does not take it from the request.
    ///
    /// ```
    /// # use pronto::head::{FieldSpan, Progress, RequestHead};
    /// let input = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, x-hop\r\nX-Hop: 1\r\nAccept: */*\r\n\r\n";
    /// # let mut fields = [FieldSpan::EMPTY; 16];
    /// # let Progress::Complete(head) = RequestHead::parse(input, &mut fields)? else { panic!() };
    /// let request = head.view(input, &fields);
    /// let names: Vec<&str> = request.end_to_end_fields()?.map(|field| field.name).collect();
    /// assert_eq!(names, ["Accept"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`TooManyConnectionOptions`], which is best answered 400.
    pub fn end_to_end_fields(&self) -> Result<EndToEndFields<'a>, TooManyConnectionOptions> {
        EndToEndFields::of(self.fields())
    }
}

impl<'a> Response<'a> {
    /// The fields that a proxy passes on: those that [`Request::end_to_end_fields`] would let through.
    ///
    /// # Errors
    /// [`TooManyConnectionOptions`], which is best answered 502.
    pub fn end_to_end_fields(&self) -> Result<EndToEndFields<'a>, TooManyConnectionOptions> {
        EndToEndFields::of(self.fields())
    }
}

/// The fields of a message that are for its last recipient, in order.
#[derive(Clone)]
pub struct EndToEndFields<'a> {
    fields: Fields<'a>,
    /// The fields that Connection names.
    named: Vec<&'a [u8], { TooManyConnectionOptions::MOST }>,
}

impl<'a> EndToEndFields<'a> {
    fn of(fields: Fields<'a>) -> Result<Self, TooManyConnectionOptions> {
        let mut named = Vec::new();
        let connection = fields.clone().filter(|field| field.name.eq_ignore_ascii_case("connection"));
        // Options are tokens: a quote in the list hides nothing behind it.
        let options = connection.flat_map(|field| field.value.split(|&octet| octet == b',')).map(trim);
        for option in options.filter(|option| !option.is_empty()) {
            named.push(option).map_err(|_| TooManyConnectionOptions)?;
        }
        Ok(Self { fields, named })
    }
}

impl<'a> Iterator for EndToEndFields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let named = &self.named;
        self.fields.find(|field| {
            !is_for_one_connection(field.name)
                && !named.iter().any(|option| option.eq_ignore_ascii_case(field.name.as_bytes()))
        })
    }
}

impl fmt::Debug for EndToEndFields<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.clone()).finish()
    }
}

/// More options in the Connection fields of a message than are looked at. Each is compared with each field, so there must be
/// a bound; usual are one or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TooManyConnectionOptions;

impl TooManyConnectionOptions {
    /// How many are looked at.
    pub const MOST: usize = 32;
}

impl fmt::Display for TooManyConnectionOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("too many options in Connection")
    }
}

impl core::error::Error for TooManyConnectionOptions {}

/// Whether a field of this name is never passed on.
fn is_for_one_connection(name: &str) -> bool {
    NEVER_PASSED_ON.iter().any(|never| name.eq_ignore_ascii_case(never))
}

const NEVER_PASSED_ON: [&str; 12] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

#[cfg(test)]
mod tests {
    use alloc::{format, string::String, vec::Vec};

    use super::*;
    use crate::head::{FieldSpan, Progress, RequestHead, ResponseHead};

    fn passed_on(fields: &str) -> Result<Vec<String>, TooManyConnectionOptions> {
        let mut table = [FieldSpan::EMPTY; 100];
        let request = format!("GET / HTTP/1.1\r\n{fields}\r\n");
        let Ok(Progress::Complete(head)) = RequestHead::parse(request.as_bytes(), &mut table) else { panic!() };
        let of_request = names(head.view(request.as_bytes(), &table).end_to_end_fields());
        let response = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
        let Ok(Progress::Complete(head)) = ResponseHead::parse(response.as_bytes(), &mut table) else { panic!() };
        assert_eq!(of_request, names(head.view(response.as_bytes(), &table).end_to_end_fields()));
        of_request
    }

    fn names(
        fields: Result<EndToEndFields<'_>, TooManyConnectionOptions>,
    ) -> Result<Vec<String>, TooManyConnectionOptions> {
        Ok(fields?.map(|field| field.name.into()).collect())
    }

    #[test]
    fn what_is_for_one_connection_is_left_out() {
        for name in NEVER_PASSED_ON {
            let upper = name.to_ascii_uppercase();
            assert_eq!(
                passed_on(&format!("a: 1\r\n{name}: x\r\n{upper}: x\r\nb: 2\r\n")).unwrap(),
                ["a", "b"],
                "{name}"
            );
        }
        for name in ["X-Host", "Hosts", "T", "Content-Lengths", "Date", "Server", "Via", "Expect", "Set-Cookie"] {
            assert_eq!(passed_on(&format!("{name}: x\r\n{name}: y\r\n")).unwrap(), [name, name]);
        }
    }

    #[test]
    fn what_connection_names_is_left_out_wherever_it_is_named() {
        let fields = "a: 1\r\nConnection: B , ,close\r\nb: 2\r\nC: 3\r\nbb: 4\r\nconnection: \"a,\",c\r\nB: 5\r\n";
        assert_eq!(passed_on(fields).unwrap(), ["a", "bb"]);
    }

    #[test]
    fn so_many_options_and_no_more() {
        let most = "x,".repeat(TooManyConnectionOptions::MOST);
        assert_eq!(passed_on(&format!("Connection: {most}\r\na: 1\r\n")).unwrap(), ["a"]);
        assert_eq!(passed_on(&format!("Connection: {most}\r\nConnection: a\r\n")), Err(TooManyConnectionOptions));
    }
}
