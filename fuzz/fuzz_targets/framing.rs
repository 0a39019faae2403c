//! See [`pronto_fuzz::framing`].

#![cfg_attr(fuzzing, no_main)]

pronto_fuzz::program!(pronto_fuzz::framing);
