//! Refunds: money that is given back.
