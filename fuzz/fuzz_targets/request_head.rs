//! See [`pronto_fuzz::request_head`].

#![cfg_attr(fuzzing, no_main)]

pronto_fuzz::program!(pronto_fuzz::request_head);
