//! See [`pronto_fuzz::multipart`].

#![cfg_attr(fuzzing, no_main)]

pronto_fuzz::program!(pronto_fuzz::multipart);
