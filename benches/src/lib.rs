//! benches of pronto.
