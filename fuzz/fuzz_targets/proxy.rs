//! See [`pronto_fuzz::proxy`].

#![cfg_attr(fuzzing, no_main)]

pronto_fuzz::program!(pronto_fuzz::proxy);
