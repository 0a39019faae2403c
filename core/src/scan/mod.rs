//! Finds octets of a class in a block of input, with the widest vectors the processor has.
