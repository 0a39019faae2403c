use core::fmt;

use super::{Authority, Method, Path, Query, Request};

/// A request target, read in the form that its method calls for (RFC 9112 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// `/where?q=now`: what requests to a server usually have.
    Origin {
        /// From the first `/` to the query.
        path: Path<'a>,
        /// What follows the first `?`, if there is one.
        query: Option<Query<'a>>,
    },
    /// `http://www.example.org/where?q=now`: what requests to a proxy have, and any server accepts.
    Absolute {
        /// `http`, in any case, or another.
        scheme: &'a str,
        /// Where to. It replaces the Host field.
        authority: Authority<'a>,
        /// `/` where the target has none.
        path: Path<'a>,
        /// What follows the first `?`, if there is one.
        query: Option<Query<'a>>,
    },
    /// `www.example.org:80`, with CONNECT alone.
    Authority(Authority<'a>),
    /// `*`, with OPTIONS alone: the server as a whole.
    Asterisk,
}

impl<'a> Target<'a> {
    /// Reads a target that the head parser has let through.
    ///
    /// # Errors
    /// [`TargetError`] where it has none of the forms, or one that does not go with the method.
    #[inline]
    pub fn parse(target: &'a str, method: Method<'_>) -> Result<Self, TargetError> {
        if method == Method::Connect {
            let authority = Authority::parse(target).filter(|authority| authority.port().is_some());
            return authority.map(Self::Authority).ok_or(TargetError);
        }
        if target.starts_with('/') {
            let (path, query) = split_query(target);
            return Ok(Self::Origin { path, query });
        }
        if target == "*" && method == Method::Options {
            return Ok(Self::Asterisk);
        }
        Self::parse_absolute(target).ok_or(TargetError)
    }

    /// The path; none where the target has another form.
    #[inline]
    pub const fn path(&self) -> Option<Path<'a>> {
        match *self {
            Self::Origin { path, .. } | Self::Absolute { path, .. } => Some(path),
            Self::Authority(_) | Self::Asterisk => None,
        }
    }

    /// The query.
    pub const fn query(&self) -> Option<Query<'a>> {
        match *self {
            Self::Origin { query, .. } | Self::Absolute { query, .. } => query,
            Self::Authority(_) | Self::Asterisk => None,
        }
    }

    /// ```abnf
    /// absolute-form = absolute-URI
    /// absolute-URI  = scheme ":" hier-part [ "?" query ]
    /// scheme        = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
    /// ```
    fn parse_absolute(target: &'a str) -> Option<Self> {
        let (scheme, rest) = target.split_at_checked(memchr::memchr(b':', target.as_bytes())?)?;
        let rest = rest.strip_prefix("://")?;
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet));
        let end = rest.bytes().position(|octet| matches!(octet, b'/' | b'?')).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end)?;
        let authority = Authority::parse(authority).filter(|authority| !authority.host().is_empty())?;
        let (path, query) = split_query(rest);
        let path = if path.as_octets().is_empty() { Path::ROOT } else { path };
        is_scheme.then_some(Self::Absolute { scheme, authority, path, query })
    }
}

impl<'a> Request<'a> {
    /// The request target in the form that the method calls for.
    ///
    /// # Errors
    /// [`TargetError`], which is answered 400.
    #[inline]
    pub fn target_form(&self) -> Result<Target<'a>, TargetError> {
        Target::parse(self.target(), self.method())
    }
}

/// A request target that has none of the forms, or one that does not go with its method (RFC 9112 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TargetError;

impl fmt::Display for TargetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the request target does not have a form that goes with the method")
    }
}

impl core::error::Error for TargetError {}

#[inline]
fn split_query(target: &str) -> (Path<'_>, Option<Query<'_>>) {
    let split = memchr::memchr(b'?', target.as_bytes()).and_then(|mark| target.split_at_checked(mark));
    match split {
        Some((path, query)) => (Path::new(path.as_bytes()), query.get(1..).map(Query::new)),
        None => (Path::new(target.as_bytes()), None),
    }
}
