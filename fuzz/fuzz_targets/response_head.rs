//! See [`pronto_fuzz::response_head`].

#![cfg_attr(fuzzing, no_main)]

pronto_fuzz::program!(pronto_fuzz::response_head);
