//! See [`pronto_fuzz::worker`].

#![cfg_attr(fuzzing, no_main)]

pronto_fuzz::program!(pronto_fuzz::worker);
