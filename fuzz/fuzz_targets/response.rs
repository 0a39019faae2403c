//! See [`pronto_fuzz::response`].

#![cfg_attr(fuzzing, no_main)]

pronto_fuzz::program!(pronto_fuzz::response);
