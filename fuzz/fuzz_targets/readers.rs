//! See [`pronto_fuzz::readers`].

#![cfg_attr(fuzzing, no_main)]

pronto_fuzz::program!(pronto_fuzz::readers);
