//! `defmt::Format` for what looks into the input or holds addresses: by its `Debug` form. Errors and plain enums derive theirs,
//! which are sent as numbers.

use defmt::{Debug2Format, Format, Formatter, write};

use crate::{
    connection::Event,
    content::MultipartEvent,
    framing::Part,
    head::Target,
    proxy::Source,
    service::{Outcome, Routing},
};

macro_rules! by_debug {
    ($($name:ty),*) => {
        $(impl Format for $name {
            fn format(&self, formatter: Formatter<'_>) {
                write!(formatter, "{}", Debug2Format(self));
            }
        })*
    };
}

impl<H: core::fmt::Debug> Format for Routing<'_, '_, H> {
    fn format(&self, formatter: Formatter<'_>) {
        write!(formatter, "{}", Debug2Format(self));
    }
}

by_debug!(Event<'_>, MultipartEvent<'_>, Outcome, Part<'_>, Source, Target<'_>);
