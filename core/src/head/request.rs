use super::{Field, FieldSpan, Fields, HeadError, KnownFields, Method, Version};

/// How far a parser came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress<T> {
    /// The whole of it was there.
    Complete(T),
    /// What is there is right so far, and more must follow.
    Incomplete,
}

/// A parsed request head: small offsets into the input it was parsed from, without a lifetime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHead {
    pub(crate) length: u16,
    pub(crate) version: Version,
    pub(crate) field_count: u16,
    pub(crate) known: KnownFields,
}

impl RequestHead {
    /// Parses the request head that `input` begins with.
    pub fn parse(input: &[u8], fields: &mut [FieldSpan]) -> Result<Progress<Self>, HeadError> {
        let _ = (input, fields);
        Ok(Progress::Incomplete)
    }

    /// How many octets of the input the head takes, its empty line included.
    pub const fn length(&self) -> usize {
        self.length as usize
    }

    /// This head, seen through the octets and the table it was parsed from.
    pub fn view<'a>(&'a self, input: &'a [u8], fields: &'a [FieldSpan]) -> Request<'a> {
        Request {
            head: self,
            octets: input,
            spans: fields,
        }
    }
}

/// A request head, seen through the octets it was parsed from.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub(crate) head: &'a RequestHead,
    pub(crate) octets: &'a [u8],
    pub(crate) spans: &'a [FieldSpan],
}

impl<'a> Request<'a> {
    /// The method.
    pub fn method(&self) -> Method<'a> {
        Method::Get
    }

    /// The request target, as it was sent. It is visible ASCII without `#`.
    pub fn target(&self) -> &'a str {
        "/"
    }

    /// The protocol version.
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// The fields in order, duplicates kept.
    pub fn fields(&self) -> Fields<'a> {
        Fields {
            octets: self.octets,
            spans: self.spans[..self.head.field_count as usize].iter(),
        }
    }

    /// The value of the first field of this name, in any case.
    pub fn field(&self, name: &str) -> Option<&'a [u8]> {
        let _ = name;
        None
    }

    /// The values of all fields of this name, in any case, in order.
    pub fn fields_named<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        let _ = name;
        core::iter::empty()
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let _ = (self.octets, self.spans.next());
        None
    }
}
