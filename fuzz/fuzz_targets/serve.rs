//! See [`pronto_fuzz::serve`].

#![cfg_attr(fuzzing, no_main)]

pronto_fuzz::program!(pronto_fuzz::serve);
