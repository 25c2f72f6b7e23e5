//! Small recordings of every shape, and real ones where there are any.

mod real;
