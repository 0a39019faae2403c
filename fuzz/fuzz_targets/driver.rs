//! See [`pronto_fuzz::driver`].

#![cfg_attr(fuzzing, no_main)]

pronto_fuzz::program!(pronto_fuzz::driver);
