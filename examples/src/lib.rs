//! examples of pronto.
