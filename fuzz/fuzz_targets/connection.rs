//! See [`pronto_fuzz::connection`].

#![cfg_attr(fuzzing, no_main)]

pronto_fuzz::program!(pronto_fuzz::connection);
