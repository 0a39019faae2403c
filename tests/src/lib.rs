//! tests of pronto.
