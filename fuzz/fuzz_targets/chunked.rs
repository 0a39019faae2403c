//! See [`pronto_fuzz::chunked`].

#![cfg_attr(fuzzing, no_main)]

pronto_fuzz::program!(pronto_fuzz::chunked);
